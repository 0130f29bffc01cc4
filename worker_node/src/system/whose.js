import { AsyncLocalStorage } from 'node:async_hooks';

/** Which session the running code belongs to: a failure of the library that nobody waits for is that session's. @type {AsyncLocalStorage<string>} */
export const whose = new AsyncLocalStorage();
