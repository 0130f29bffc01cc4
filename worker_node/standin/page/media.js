import { switches } from './store.js';

const DEVICE_AT = 'standin.device';

/** Bytes that are kept out of sight of the page's other parts: WAWebMediaOpaqueData. */
export class OpaqueData {
  /** @param {Blob} blob */
  constructor(blob) {
    this.blob = blob;
  }

  /**
   * @param {Blob} blob
   * @param {string} mimetype
   */
  static async createFromData(blob, mimetype) {
    return new OpaqueData(blob instanceof File ? blob : new Blob([blob], { type: mimetype }));
  }

  url() {
    return 'blob:standin';
  }

  autorelease() {}

  formData() {
    return this.blob;
  }
}

/** @type {Map<string, {blob: Blob, object: Record<string, any>}>} prepared media, by hash */
const prepared = new Map();

/** @param {Blob} blob @returns {Promise<string>} SHA-256 in base64, as WhatsApp writes it */
async function hashOf(blob) {
  const digest = await crypto.subtle.digest('SHA-256', await blob.arrayBuffer());
  return btoa(String.fromCharCode(...new Uint8Array(digest)));
}

/**
 * @param {string} mimetype
 * @param {{asSticker?: boolean, asGif?: boolean, isPtt?: boolean, asDocument?: boolean}} wanted
 */
function typeOf(mimetype, { asSticker, isPtt, asDocument }) {
  const family = mimetype.split('/')[0] ?? '';
  if (asDocument) return 'document';
  if (asSticker) return 'sticker';
  if (family === 'audio') return isPtt ? 'ptt' : 'audio';
  return family === 'image' || family === 'video' ? family : 'document';
}

class MediaData {
  /** @param {Record<string, any>} facts */
  constructor(facts) {
    Object.assign(this, facts);
  }

  /** @param {Record<string, any>} facts */
  set(facts) {
    Object.assign(this, facts);
  }

  toJSON() {
    const { mediaBlob: _blob, ...facts } = /** @type {Record<string, any>} */ (this);
    return facts;
  }
}

/**
 * @param {OpaqueData} data
 * @param {{asSticker?: boolean, asGif?: boolean, isPtt?: boolean, asDocument?: boolean}} wanted
 */
async function prepare(data, wanted) {
  const mimetype = data.blob.type;
  const type = typeOf(mimetype, wanted);
  if (switches().media_prep_fails?.includes(type)) throw new Error(`MediaPrepError: cannot read this ${type}`);
  const filehash = await hashOf(data.blob);
  const filename = type === 'document' && data.blob instanceof File ? data.blob.name : undefined;
  prepared.set(filehash, { blob: data.blob, object: { type, filehash, size: data.blob.size, contentInfo: {} } });
  return new MediaData({ type, mimetype, filehash, filename, size: data.blob.size, isGif: wanted.asGif === true, mediaBlob: data });
}

/** @param {string} filehash */
function mediaObjectOf(filehash) {
  const { object } = prepared.get(filehash) ?? { object: { filehash, contentInfo: {} } };
  return Object.assign(object, {
    /** @param {Record<string, any>} facts */
    consolidate: (facts) => void Object.assign(object, { ...facts, contentInfo: object.contentInfo }),
  });
}

/** @param {{mimetype: string, mediaObject: Record<string, any>}} wanted */
async function upload({ mimetype, mediaObject }) {
  const blob = prepared.get(mediaObject.filehash)?.blob;
  const headers = { 'content-type': mimetype, 'x-device': localStorage.getItem(DEVICE_AT) ?? '' };
  const response = await fetch('/mms/upload', { method: 'POST', body: blob ?? null, headers });
  if (!response.ok) return { mediaEntry: undefined };
  const { sha256 } = await response.json();
  prepared.delete(mediaObject.filehash);
  const path = `/mms/${sha256}`;
  return {
    mediaEntry: {
      mmsUrl: `https://${location.host}${path}`,
      deprecatedMms3Url: `https://${location.host}${path}`,
      directPath: path,
      mediaKey: sha256,
      mediaKeyTimestamp: Math.floor(Date.now() / 1000),
      encFilehash: sha256,
      uploadHash: sha256,
    },
  };
}

/** @param {{directPath: string}} wanted @returns {Promise<ArrayBuffer>} */
async function download({ directPath }) {
  const response = await fetch(directPath);
  if (!response.ok) throw Object.assign(new Error(`download failed: ${response.status}`), { status: response.status });
  return response.arrayBuffer();
}

/** The modules by which the library prepares, uploads and downloads media. */
export const mediaModules = {
  WAWebMediaOpaqueData: OpaqueData,
  WAWebPrepRawMedia: {
    /** @type {(data: OpaqueData, wanted: object) => {waitForPrep: () => Promise<MediaData>}} */
    prepRawMedia: (data, wanted) => ({ waitForPrep: () => prepare(data, wanted) }),
  },
  WAWebMediaStorage: { getOrCreateMediaObject: mediaObjectOf },
  WAWebMmsMediaTypes: {
    /** @param {{type: string}} media */
    msgToMediaType: ({ type }) => type,
    /** @param {string} type */
    castToV4: (type) => type,
  },
  WAWebMediaDataUtils: { shouldUseMediaCache: () => false },
  WAWebMediaInMemoryBlobCache: { InMemoryMediaBlobCache: new Map() },
  WAWebMediaMmsV4Upload: { uploadMedia: upload },
  WAWebDownloadManager: { downloadManager: { downloadAndMaybeDecrypt: download } },
};
