// Statements of the engine's and of the user's. Their values come as bytes, and their rows go as bytes: for each
// value to cross between wasm and JavaScript by itself takes as long as a small statement.

// As storage.rs has them.
const NULL = 0, NUMBER = 1, TEXT = 2, BLOB = 3;
const ROWS = 0, ERROR = 1;

// The texts of the wasm instance that runs, by their numbers, and which of them may return rows. What returns
// none is known by its text: to ask the cursor takes half as long as the statement.
const texts = [];
const returning = [];

const encoder = new TextEncoder(), decoder = new TextDecoder();

// What rolls back a statement that wrote and may not.
const UNDO = {};

// Of wasm's memory, as long as that has the same buffer.
let memory = new DataView(new ArrayBuffer(0));

// The bytes that go out, and how many there are.
let out = new Uint8Array(4_096), outView = new DataView(out.buffer), length = 0;

// Called before a number is used for the first time, and when it is given to another text.
export function define(number, sql) {
  texts[number] = sql;
  returning[number] = !/^\s*(?:INSERT|REPLACE|UPDATE|DELETE)\b/i.test(sql) || /RETURNING/i.test(sql);
}

// Runs one statement to its end. The answer is its rows, or the text of the error; nothing if there are no rows.
export function query(storage, number, values) {
  try {
    const cursor = storage.sql.exec(texts[number], ...read(values));
    if (!returning[number]) return undefined;
    const rows = cursor.raw().toArray();
    return rows.length ? answer(rows) : undefined;
  } catch (error) {
    return failure(error);
  }
}

// Runs one statement of the user's to its end. The answer is how many rows were written; if there is more to tell,
// less than none, and `told` has it: that number, the names of the columns and the rows, or the text of the error.
// `alone`, it is in no transaction and may only read: what it writes is undone.
export function run(storage, number, values, alone) {
  let rowsWritten = 0, names = [], rows = [];
  const exec = () => {
    const cursor = storage.sql.exec(texts[number], ...read(values));
    if (returning[number]) names = cursor.columnNames;
    if (names.length) rows = cursor.raw().toArray();
    rowsWritten = cursor.rowsWritten;
    if (alone && rowsWritten > 0) throw UNDO;
  };
  try {
    if (alone) storage.transactionSync(exec);
    else exec();
  } catch (error) {
    if (error !== UNDO) {
      failure(error);
      return -1;
    }
  }
  if (names.length === 0) return rowsWritten;
  length = 0;
  room(9);
  out[length++] = ROWS;
  outView.setFloat64(length, rowsWritten, true);
  length += 8;
  count(names.length);
  for (const name of names) write(name);
  for (const row of rows) for (const value of row) write(value);
  return -1;
}

// What else the statement had to tell that ran last.
export function told() {
  return out.subarray(0, length);
}

// A blob is a view of wasm's memory: a statement has come to its end before any Rust code runs.
function read(bytes) {
  const values = [];
  const { buffer, byteOffset } = bytes;
  if (memory.buffer !== buffer) memory = new DataView(buffer);
  for (let at = 0; at < bytes.length;) {
    const kind = bytes[at++];
    if (kind === NULL) {
      values.push(null);
    } else if (kind === NUMBER) {
      values.push(memory.getFloat64(byteOffset + at, true));
      at += 8;
    } else {
      const end = at + 4 + memory.getUint32(byteOffset + at, true);
      const part = bytes.subarray(at + 4, end);
      values.push(kind === TEXT ? decoder.decode(part) : part);
      at = end;
    }
  }
  return values;
}

function answer(rows) {
  length = 0;
  room(1);
  out[length++] = ROWS;
  count(rows[0].length);
  for (const row of rows) for (const value of row) write(value);
  return out.subarray(0, length);
}

function failure(error) {
  length = 0;
  room(1);
  out[length++] = ERROR;
  write(String(error));
  return out.subarray(0, length);
}

function count(number) {
  room(4);
  outView.setUint32(length, number, true);
  length += 4;
}

function write(value) {
  if (typeof value === "number") {
    room(9);
    out[length] = NUMBER;
    outView.setFloat64(length + 1, value, true);
    length += 9;
  } else if (typeof value === "string") {
    room(5 + 3 * value.length);
    const { written } = encoder.encodeInto(value, out.subarray(length + 5));
    head(TEXT, written);
    length += written;
  } else if (value instanceof ArrayBuffer) {
    room(5 + value.byteLength);
    head(BLOB, value.byteLength);
    out.set(new Uint8Array(value), length);
    length += value.byteLength;
  } else {
    room(1);
    out[length++] = NULL;
  }
}

function head(kind, bytes) {
  out[length] = kind;
  outView.setUint32(length + 1, bytes, true);
  length += 5;
}

// What was needed once for large rows is not kept for good.
const LARGE = 1 << 20;

function room(bytes) {
  const needed = length + bytes;
  if (needed <= out.length && !(length === 0 && out.length > LARGE)) return;
  const more = new Uint8Array(Math.max(4_096, needed, length && 2 * needed));
  more.set(out.subarray(0, length));
  out = more;
  outView = new DataView(out.buffer);
}
