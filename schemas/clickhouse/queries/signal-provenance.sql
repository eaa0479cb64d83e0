-- Which detector, version and settings made this signal, from which events, offsets and window, and about which prompt and model?
--   id String = *    the signal's event_id; * for the newest
SELECT event_id, event_type, ts, tenant, session_id, response_id, prompt_name, prompt_version, model, model_version, release,
  audit_id, provenance_status, detector_id, detector_version, config_hash, origin, revision, window_start, window_end,
  evidence, source_topic, source_partition, source_first_offset, source_last_offset, schema_id, score, confidence, event_value
FROM feedback_by_version
WHERE {id:String} IN ('*', event_id)
ORDER BY ts DESC, event_id LIMIT 1
