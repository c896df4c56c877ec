const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

/** Bytes as base64 (RFC 4648, section 4): three bytes are four letters. Here because no platform is. */
export function base64(bytes: Uint8Array): string {
  const pieces: string[] = [];
  let piece = '';
  for (let i = 0; i < bytes.length; i += 3) {
    const word = (bytes[i] << 16) | ((bytes[i + 1] ?? 0) << 8) | (bytes[i + 2] ?? 0);
    piece += ALPHABET[word >> 18] + ALPHABET[(word >> 12) & 63];
    piece +=
      (i + 1 < bytes.length ? ALPHABET[(word >> 6) & 63] : '=') + (i + 2 < bytes.length ? ALPHABET[word & 63] : '=');
    if (piece.length < 1 << 15) continue;
    pieces.push(piece);
    piece = '';
  }
  return pieces.join('') + piece;
}
