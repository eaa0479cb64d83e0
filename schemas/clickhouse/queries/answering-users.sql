-- Do the users who answer differ from all users, by tier and segment?
--   days UInt32 = 28    how far back
--   at DateTime('UTC') = now    until when
SELECT tier, segment, uniqExact(user_id_hash) AS users, uniqExactIf(user_id_hash, answered) AS answering,
  answering / users AS rate, users / sum(users) OVER () AS share_of_users, answering / sum(answering) OVER () AS share_of_answering
FROM (
  SELECT tier, segment, user_id_hash, ts, 0 AS answered FROM answers
  UNION ALL
  SELECT tier, segment, user_id_hash, ts, 1 FROM feedback WHERE event_type IN ('thumbs', 'rating', 'comment', 'form')
)
WHERE user_id_hash != '' AND ts >= {at:DateTime('UTC')} - toIntervalDay({days:UInt32}) AND ts < {at:DateTime('UTC')}
GROUP BY tier, segment ORDER BY tier, segment
