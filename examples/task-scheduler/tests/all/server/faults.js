// Takes all objects out of memory: `/evict` as when they rest, `/abort` as when they crash.
import unsafe from "workerd:unsafe";

const faults = {
  "/evict": () => unsafe.evictAllDurableObjects(),
  "/abort": () => unsafe.abortAllDurableObjects(),
};

export default {
  async fetch(request) {
    await faults[new URL(request.url).pathname]();
    return new Response(null, { status: 204 });
  },
};
