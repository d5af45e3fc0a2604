// The checksum by which GCP KMS and we find out that bytes were damaged on their way (RFC 3720, B.4).

/** Castagnoli's polynomial with its bits reversed; zlib's crc32 has another one. */
const POLYNOMIAL = 0x82f63b78;
const BITS_PER_BYTE = 8;

export function crc32c(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < BITS_PER_BYTE; bit += 1) {
      crc = (crc >>> 1) ^ (crc & 1 ? POLYNOMIAL : 0);
    }
  }
  return (crc ^ 0xffffffff) >>> 0;
}
