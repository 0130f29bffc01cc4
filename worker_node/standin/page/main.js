import { begin, requireModule } from './modules.js';

/** A number WhatsApp Web had; the library compares it only with 2.3000.0. */
const VERSION = '2.3000.1023204200';

/** @type {Record<string, any>} */ (/** @type {unknown} */ (window)).require = requireModule;
if (document.documentElement.dataset.marks !== 'never-answers') Object.assign(window, { Debug: { VERSION } });
begin();
