import { createHash, randomUUID } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { Refusal } from '../errors.js';
import { ref, validator } from './protocol.js';

/**
 * @typedef {object} Media
 * @property {Exclude<import('../client/port.js').Kind, 'text'>} kind
 * @property {string} filename
 * @property {string} mime
 *
 * @typedef {{to: string, text: string, media?: Media, heard?: number}} MessageBody
 * @typedef {{path: string, sha256: string}} Upload
 */

/**
 * A send's body: JSON, or a form of `message` and then `file`, which is written to a file of the session while its hash is taken.
 * @param {import('fastify').FastifyRequest} request
 * @param {string} filesDir
 * @returns {Promise<{body: MessageBody, upload: Upload | null}>}
 */
export async function readMessage(request, filesDir) {
  if (!request.isMultipart()) {
    const body = checked(request.body);
    if (body.media) throw new Refusal('bad_request', 'A message with media comes as multipart/form-data.');
    return { body, upload: null };
  }
  /** @type {MessageBody | undefined} */
  let body;
  /** @type {Upload | null} */
  let upload = null;
  try {
    for await (const part of request.parts()) {
      if (part.type === 'field' && part.fieldname === 'message' && !body) body = checked(parsed(part.value));
      else if (part.type === 'file' && part.fieldname === 'file' && body?.media && !upload) upload = await save(part.file, filesDir);
      else throw new Refusal('bad_request', 'The form holds `message` with its media, then `file`, and nothing else.');
    }
    if (!body || !upload) throw new Refusal('bad_request', 'The form holds `message` with its media, then `file`.');
    return { body, upload };
  } catch (error) {
    if (upload) await rm(upload.path, { force: true });
    throw error;
  }
}

/** A field that names its type application/json has been read already. @param {unknown} value @returns {unknown} */
function parsed(value) {
  if (typeof value !== 'string') return value;
  try {
    return JSON.parse(value);
  } catch {
    throw new Refusal('bad_request', 'The form’s `message` is not JSON.');
  }
}

/** @param {unknown} value @returns {MessageBody} */
function checked(value) {
  const validate = validator.compile(ref('message'));
  if (!validate(value)) {
    const [first] = validate.errors ?? [];
    throw new Refusal('bad_request', `message${first?.instancePath ?? ''} ${first?.message ?? ''}`.trim());
  }
  const body = /** @type {MessageBody} */ (value);
  if (!body.media && body.text.trim() === '') throw new Refusal('bad_request', 'A message without media needs a text.');
  if (body.media && ['audio', 'voice'].includes(body.media.kind) && body.text !== '') {
    throw new Refusal('bad_request', 'WhatsApp shows no caption with audio; send the text as a message of its own.');
  }
  if (body.media && /[/\\\0]/.test(body.media.filename)) throw new Refusal('bad_request', 'A file’s name holds no path.');
  return body;
}

/** @param {import('@fastify/multipart').MultipartFile['file']} stream @param {string} filesDir @returns {Promise<Upload>} */
async function save(stream, filesDir) {
  const path = join(filesDir, randomUUID());
  const hash = createHash('sha256');
  const hashing = new Transform({
    transform(chunk, _encoding, done) {
      hash.update(chunk);
      done(null, chunk);
    },
  });
  try {
    await pipeline(stream, hashing, createWriteStream(path, { flags: 'wx', mode: 0o600 }));
    if (stream.truncated) throw new Refusal('too_large', 'The file is too large.');
    return { path, sha256: hash.digest('hex') };
  } catch (error) {
    await rm(path, { force: true });
    throw error;
  }
}
