// Durations and sizes as people write them: `30s`, `16MiB`.

const milliseconds: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

const bytes: Readonly<Record<string, number>> = {
  B: 1,
  kB: 1000,
  MB: 1_000_000,
  GB: 1_000_000_000,
  KiB: 1024,
  MiB: 1024 ** 2,
  GiB: 1024 ** 3,
};

const parseWith =
  (units: Readonly<Record<string, number>>) =>
  (text: string): number | undefined => {
    const [, amount, unit] = /^(\d+(?:\.\d+)?) ?([A-Za-z]+)$/.exec(text.trim()) ?? [];
    const factor = unit === undefined ? undefined : units[unit];
    if (amount === undefined || factor === undefined) return text.trim() === "0" ? 0 : undefined;
    const value = Number(amount) * factor;
    return Number.isSafeInteger(value) ? value : undefined;
  };

/** Milliseconds of `250ms`, `30s`, `10m`, `4h`, `7d`; undefined when it is none. */
export const parseDuration = parseWith(milliseconds);

/** Bytes of `512B`, `64KiB`, `16MiB`, `1GiB`, `5MB`; undefined when it is none. */
export const parseBytes = parseWith(bytes);
