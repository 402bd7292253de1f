-- The audit policy: which history rows a change leaves behind.

-- The audit policy: which history rows a change leaves behind. Level 0 (and NULL) is Full, 1
-- Minimal, 2 ErrorsOnly, 3 None. The same table is in src/storage/kit/audit_policy.ts.
CREATE OR REPLACE FUNCTION writes_status_audit(audit_level int, status text, exception text) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT CASE coalesce(audit_level, 0)
    WHEN 0 THEN true
    WHEN 3 THEN false
    ELSE status IN ('Failed', 'ServiceStopped') OR exception IS NOT NULL
  END
$$;

CREATE OR REPLACE FUNCTION writes_runs_audit(audit_level int, status text, exception text) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT CASE coalesce(audit_level, 0)
    WHEN 0 THEN true
    WHEN 1 THEN true
    WHEN 3 THEN false
    ELSE status IN ('Failed', 'ServiceStopped') OR exception IS NOT NULL
  END
$$;
