-- What a trial with these hot fields is part of, as feature=billing, feature first; values as they are. Fields in the order
-- of `sliced_rates`; an empty one is no part.
CREATE FUNCTION IF NOT EXISTS slice_parts AS (fields) -> arrayFilter(part -> NOT endsWith(part, '='),
  arrayMap((name, field) -> concat(name, '=', field),
    ['feature', 'segment', 'tier', 'device', 'locale', 'app_version', 'prompt_name', 'prompt_version', 'model',
      'model_version', 'release'], fields));

-- Whether a trial lies in a slice: * is everything, feature=billing,tier=pro needs both.
-- Values in names are percent-encoded, so that a comma in one divides nothing.
CREATE FUNCTION IF NOT EXISTS in_slice AS (slice, parts) -> slice = '*'
  OR hasAll(parts, arrayMap(part -> decodeURLComponent(part), splitByChar(',', toString(slice))));

-- A part as it stands in a slice name: only / and : stay as they are.
CREATE FUNCTION IF NOT EXISTS part_name AS (part) ->
  replaceAll(replaceAll(replaceOne(encodeURLComponent(part), '%3D', '='), '%2F', '/'), '%3A', ':');

-- The slices of a trial that alerting tracks without being told: everything, each part, and feature with each other part.
CREATE FUNCTION IF NOT EXISTS tracked_slices AS (parts) -> arrayConcat(['*'], arrayMap(part -> part_name(part), parts),
  arrayMap(part -> arrayStringConcat(arraySort([part_name(part), part_name(parts[1])]), ','),
    if(startsWith(parts[1], 'feature='), arraySlice(parts, 2), [])));

-- Rates from which on a change is found in n trials, four times in five, one for each alternative p1 to the null p0. The evidence
-- in n trials of rate q is n (b + c q), its spread c sqrt(n phi q (1 - q)): set equal to what T takes, a quadratic in q, of which a
-- rise takes the upper root (side 1) and a fall the lower (side -1). Infinite, or 0 for a fall: none.
CREATE FUNCTION IF NOT EXISTS visible_rates AS (p0, p1s, phi, n, ln_t, side) -> arrayMap((a, b, k) ->
    if(a * (a + b) < 0, (k - 2 * a * b + side * sqrt(k * (k - 4 * a * (a + b)))) / (2 * (b * b + k)), if(side > 0, inf, 0)),
  arrayMap(p1 -> n * log((1 - p1) / (1 - p0)) - phi * (ln_t + log(4)), p1s),
  arrayMap(p1 -> n * log(p1 * (1 - p0) / (p0 * (1 - p1))), p1s),
  arrayMap(p1 -> n * phi * pow(.84 * log(p1 * (1 - p0) / (p0 * (1 - p1))), 2), p1s));

-- Smallest p divided by the rate that a harmful fall from p must have to be found within n trials. Infinite: none.
CREATE FUNCTION IF NOT EXISTS detectable_fall AS (p, phi, n, ln_t) ->
  p / arrayMax(visible_rates(p / 1.25, arrayMap(r -> p / r, [1.5, 2, 3, 5]), phi, n, ln_t, -1));

-- The same for a rise, as the rate divided by p: 2.518 for p .04, over-dispersion phi 1.2, n 900 and the patience of 28 days,
-- ln T = ln 8064. Above a half the complement's fall is what is looked at.
CREATE FUNCTION IF NOT EXISTS detectable_rise AS (p, phi, n, ln_t) -> if(p > .5,
  if(isFinite(detectable_fall(1 - p, phi, n, ln_t)), (1 - (1 - p) / detectable_fall(1 - p, phi, n, ln_t)) / p, inf),
  arrayMin(visible_rates(1.25 * p, arrayMap(r -> least(.98, r * p), [1.5, 2, 3, 5]), phi, n, ln_t, 1)) / p);
