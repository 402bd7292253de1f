-- The audit policy: which history rows a change writes. Level 0 (and NULL) is Full, 1 Minimal, 2
-- ErrorsOnly, 3 None. src/storage/kit/audit_policy.ts implements the same policy.

-- Whether a status change is recorded: in an audit row, and in the task's own row, which has the
-- time and duration of the last execution. Series record their last run at every level.
CREATE OR REPLACE FUNCTION keeps_history(audit_level int) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT audit_level IS DISTINCT FROM 3
$$;

-- Whether a change to this status writes a status audit row.
CREATE OR REPLACE FUNCTION writes_status_audit(audit_level int, status text, exception text) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT CASE coalesce(audit_level, 0)
    WHEN 0 THEN true
    WHEN 3 THEN false
    ELSE status IN ('Failed', 'ServiceStopped') OR exception IS NOT NULL
  END
$$;

-- Whether a run of a series that ended in this status writes a runs audit row.
CREATE OR REPLACE FUNCTION writes_runs_audit(audit_level int, status text, exception text) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT CASE coalesce(audit_level, 0)
    WHEN 0 THEN true
    WHEN 1 THEN true
    WHEN 3 THEN false
    ELSE status IN ('Failed', 'ServiceStopped') OR exception IS NOT NULL
  END
$$;
