// Where a test may kill the alerter: each step of open, notify, deliver and resolve.

export const crashPoints = [
  "in-recovery",
  "after-restore",
  "before-incidents",
  "after-incidents",
  "after-commit",
  "after-chunks",
  "after-snapshot",
  "before-attempt",
  "after-attempt",
  "after-delivery",
] as const;

export type CrashPoint = (typeof crashPoints)[number];
