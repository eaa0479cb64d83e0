-- How much of the explicit feedback comes from the 2 % of users who give most, and what is the negative share without them?
--   share Float64 = 0.02    of the users who gave any
--   days UInt32 = 28    how far back
--   at DateTime('UTC') = now    until when
WITH users AS (
  SELECT user_id_hash, count() AS n, countIf(category = 'negative') AS negative,
    row_number() OVER (ORDER BY n DESC, user_id_hash) <= ceil({share:Float64} * count() OVER ()) AS top
  FROM feedback
  WHERE event_type IN ('thumbs', 'rating') AND user_id_hash != ''
    AND ts >= {at:DateTime('UTC')} - toIntervalDay({days:UInt32}) AND ts < {at:DateTime('UTC')} GROUP BY user_id_hash
)
SELECT count() AS all_users, countIf(top) AS top_users, sumIf(n, top) / sum(n) AS their_share,
  sum(negative) / sum(n) AS negative_share, sumIf(negative, NOT top) / sumIf(n, NOT top) AS negative_share_without_them
FROM users
