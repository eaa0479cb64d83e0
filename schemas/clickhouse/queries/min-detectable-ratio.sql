-- How large must a change for the worse be to be found within two hours, slice by slice? What is smaller stays unseen.
--   signal String = *    one rate; * for all
--   days UInt32 = 7    of traffic to judge by
--   least UInt64 = 500    trials that a slice must have in them
--   ln_t Float64 = 8.9952    evidence that an alarm takes: ln of 8,064 bins, 28 days; ln 200 more for a lone one among many
--   at DateTime('UTC') = now    until when
SELECT tenant, signal_type, slice, sum(n) AS all, sum(x) / all AS rate, all / {days:UInt32} / 12 AS trials,
  1 + greatest(0, trials / 24 - 1) * greatest(0, arraySum(
    bin -> least(9, pow(bin.1 - bin.2 * rate, 2) / (bin.2 * rate * (1 - rate))) - 1, groupArray((x, n)))) / greatest(1, sum(n - 1)) AS phi,
  if(signal_type IN ('implicit:copy', 'implicit:share'), detectable_fall(rate, phi, trials, {ln_t:Float64}),
    detectable_rise(rate, phi, trials, {ln_t:Float64})) AS ratio
FROM (SELECT tenant, signal_type, arrayJoin(tracked_slices(parts)) AS slice, sum(fired) AS x, sum(trials) AS n
  FROM sliced_rates WHERE {signal:String} IN ('*', signal_type) AND ts < {at:DateTime('UTC')}
    AND ts >= {at:DateTime('UTC')} - toIntervalDay({days:UInt32})
  GROUP BY tenant, signal_type, slice, toStartOfFiveMinutes(ts) HAVING n > 0)
GROUP BY tenant, signal_type, slice HAVING all >= {least:UInt64} AND rate > 0 AND rate < 1
ORDER BY tenant, signal_type, ratio, slice
