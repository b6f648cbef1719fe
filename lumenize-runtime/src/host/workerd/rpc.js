// How a message travels to an object, from a Worker or from another object, and its answer back.

// Of all texts that our class throws, and of those after which nothing has happened: a caller who reads
// this knows it.
export const OURS = "lumenize: ", NOT_EXECUTED = `${OURS}not executed: `;

// The refusal of what came between a trap and the new wasm instance: another attempt will do.
export const LOST = `${NOT_EXECUTED}the wasm instance was lost; try again`;

// The second byte of a message says what it is.
export const KIND = 1;

// It is sent so often, after 50 to 100 ms and twice that each time.
const MOST_ATTEMPTS = 4, RETRY_MS = 100;

// Up to here bytes travel as text, a character each: small buffers cost a third of the whole call.
const LONGEST_TEXT = 4_096;

// What every JavaScript object has is for nobody. workerd tells such methods from ours by comparing
// functions, and the shim of worker-build wraps each function that is read: RPC could call them, and
// put a method of its own in place of ours by `__defineGetter__`.
export function bare({ prototype }) {
  for (const name of Object.getOwnPropertyNames(Object.prototype)) {
    Object.defineProperty(prototype, name, { value: undefined });
  }
}

// Bytes as they travel by RPC. They may be a view of wasm's memory.
export function pack(bytes) {
  return bytes.length <= LONGEST_TEXT ? String.fromCharCode.apply(null, bytes) : bytes.slice();
}

// Text that is none of ours is left as it is.
export function unpack(packed) {
  if (typeof packed !== "string" || packed.length > LONGEST_TEXT) return packed;
  const bytes = new Uint8Array(packed.length);
  for (let place = 0; place < bytes.length; place += 1) {
    const code = packed.charCodeAt(place);
    if (code > 0xff) return packed;
    bytes[place] = code;
  }
  return bytes;
}

// The same message as one of another kind.
function asKind(packed, kind) {
  const message = unpack(packed).slice();
  message[KIND] = kind;
  return pack(message);
}

// The way to an object, by its name or its id. The stub is the one that answered last.
export function route(namespace, address, isId) {
  return { namespace, address, isId, stub: undefined };
}

export function stubOf({ namespace, address, isId }) {
  return isId ? namespace.get(namespace.idFromString(address)) : namespace.getByName(address);
}

// Sends a message, a view of wasm's memory, and tells `done` what came of it.
export function call(route, message, again, id, done) {
  ask(route, pack(message), again).then((told) => done(id, ...told));
}

// The promise of an answer: its bytes, or a reason, whether it is known that nothing has happened and
// whether the object has too much to do. Each attempt has a new stub, as one stays broken once its
// object was reset. There is another only if that is harmless: nothing has happened, or the runtime
// says that it may help and `again` is not negative: what only reads is then asked for as this kind
// of message, and may have the stub that answered last, as it may be sent again if that is broken.
// One that is overloaded is left alone.
export function ask(route, packed, again, attempt = 1) {
  const known = again >= 0 ? route.stub : undefined;
  const failed = (error) => askAgain(route, packed, again, attempt, known, error);
  try {
    const stub = known ?? stubOf(route);
    // To await it would take two turns of the loop more.
    return stub.lumenize(packed).then((answer) => {
      route.stub = stub;
      return [unpack(answer)];
    }, failed);
  } catch (error) {
    return failed(error);
  }
}

// After an attempt that was answered with an exception, over this stub if it was one that is kept.
async function askAgain(route, packed, again, attempt, known, error) {
  route.stub = undefined;
  // One without a message says at least of which kind it is.
  const said = String(error?.message || error);
  const overloaded = Boolean(error?.overloaded);
  const broken = Boolean(known) && !said.startsWith(OURS);
  const repeats = again >= 0 && (broken || error?.retryable);
  if (attempt === MOST_ATTEMPTS || overloaded || !(said === LOST || repeats)) {
    const refused = said.startsWith(NOT_EXECUTED);
    return [undefined, refused ? said.slice(NOT_EXECUTED.length) : said, refused, overloaded];
  }
  if (repeats) packed = asKind(packed, again);
  if (!broken) {
    const longest = RETRY_MS * 2 ** (attempt - 1);
    await new Promise((resolve) => setTimeout(resolve, longest * (1 + Math.random()) / 2));
  }
  return ask(route, packed, again, attempt + 1);
}
