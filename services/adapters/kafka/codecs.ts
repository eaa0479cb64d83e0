// The four compressions a foreign producer may use; kafkajs brings only gzip and stops for good at any other (K32).
import { gunzipSync, gzipSync, zstdCompressSync, zstdDecompressSync } from "node:zlib";
import { compressFrameSync, decompressFrameSync } from "lz4-napi";
import { compressSync, uncompressSync } from "snappy";

export interface Codec {
  readonly name: string;
  compress(bytes: Buffer): Buffer;
  decompress(bytes: Buffer): Buffer;
}

/** What snappy-java writes before its blocks: magic, version 1, compatible with 1. */
const xerialHeader = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0, 0, 0, 0, 1, 0, 0, 0, 1]);
const xerialMagic = xerialHeader.subarray(0, 8);
const xerialBlock = 32 * 1024;

/** Kafka's snappy is a chain of length-prefixed blocks; other clients send one bare block. */
const unwrapXerial = (bytes: Buffer): Buffer => {
  if (!bytes.subarray(0, xerialMagic.length).equals(xerialMagic)) return uncompressSync(bytes) as Buffer;
  const blocks: Buffer[] = [];
  for (let at = xerialHeader.length; at < bytes.length; ) {
    const length = bytes.readUInt32BE(at);
    blocks.push(uncompressSync(bytes.subarray(at + 4, at + 4 + length)) as Buffer);
    at += 4 + length;
  }
  return Buffer.concat(blocks);
};

const wrapXerial = (bytes: Buffer): Buffer => {
  const parts: Buffer[] = [xerialHeader];
  for (let at = 0; at < bytes.length; at += xerialBlock) {
    const block = compressSync(bytes.subarray(at, at + xerialBlock));
    const length = Buffer.alloc(4);
    length.writeUInt32BE(block.length);
    parts.push(length, block);
  }
  return Buffer.concat(parts);
};

/** A megabyte that unpacks to more than this is meant to hurt; what it does then is fail by itself, not take the memory. */
const maxOutputLength = 256 * 1024 * 1024;

/** By the three low bits of a batch's attributes; 0 is uncompressed. Synchronous: a batch is at most about 1 MB. */
export const codecs: Readonly<Record<number, Codec>> = {
  1: {
    name: "gzip",
    compress: (bytes) => gzipSync(bytes),
    decompress: (bytes) => gunzipSync(bytes, { maxOutputLength }),
  },
  2: { name: "snappy", compress: wrapXerial, decompress: unwrapXerial },
  3: { name: "lz4", compress: (bytes) => compressFrameSync(bytes), decompress: (bytes) => decompressFrameSync(bytes) },
  4: {
    name: "zstd",
    compress: (bytes) => zstdCompressSync(bytes),
    decompress: (bytes) => zstdDecompressSync(bytes, { maxOutputLength }),
  },
};

/** Compresses and restores a sample with each: a codec that is missing or broken fails the boot, not a Sunday night. */
export const verifyCodecs = (): void => {
  const sample = Buffer.from("earshot ".repeat(64));
  for (const codec of Object.values(codecs))
    if (!codec.decompress(codec.compress(sample)).equals(sample))
      throw new Error(`the ${codec.name} codec does not restore its input`);
};
