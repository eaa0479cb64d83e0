-- Lower end of Wilson's 95 % interval of k in n: 0.786 for 45 of 50, 0.057 for 2 of 10, 0 for 0 of 0.
-- Taken after summing; rank by it, or 2 of 10 beats 25 of 180. 3.8415 is the square of 1.96.
CREATE FUNCTION IF NOT EXISTS rate_low AS (k, n) -> greatest(0,
  (k + 1.920729410347062 - 1.959963984540054 * sqrt(k * (1 - k / greatest(n, 1)) + 0.960364705173531)) / (n + 3.841458820694124));

-- Upper end of the same interval: 0.957 for 45 of 50, 0.510 for 2 of 10, 1 for 0 of 0.
CREATE FUNCTION IF NOT EXISTS rate_high AS (k, n) -> least(1,
  (k + 1.920729410347062 + 1.959963984540054 * sqrt(k * (1 - k / greatest(n, 1)) + 0.960364705173531)) / (n + 3.841458820694124));
