-- `signal_rates` with the parts of slice names that each row lies in.
CREATE OR REPLACE VIEW sliced_rates AS
SELECT *, slice_parts([feature, segment, tier, device, locale, app_version, prompt_name, prompt_version, model,
  model_version, release]) AS parts
FROM signal_rates;
