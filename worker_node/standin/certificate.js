import { createHash, X509Certificate } from 'node:crypto';

import { generate } from 'selfsigned';

/**
 * A fresh self-signed certificate for web.whatsapp.com. Chromium is told to accept exactly this public key, by `spki`
 * (base64 of the SHA-256 of its SubjectPublicKeyInfo), so that no other certificate check is weakened.
 *
 * @returns {Promise<{key: string, cert: string, spki: string}>}
 */
export async function newCertificate() {
  const made = await generate([{ name: 'commonName', value: 'web.whatsapp.com' }], { keyType: 'ec', algorithm: 'sha256' });
  const publicKey = new X509Certificate(made.cert).publicKey.export({ type: 'spki', format: 'der' });
  return { key: made.private, cert: made.cert, spki: createHash('sha256').update(publicKey).digest('base64') };
}
