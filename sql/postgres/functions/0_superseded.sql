-- Signatures that were superseded. A call that processes of an earlier release make must work until
-- none of them runs any more: an upgrade replaces one process after the other. So a parameter is
-- added at the end, with a default, and the old signature is dropped here, since the new function
-- takes its calls. Where that cannot be, both functions stay for one minor release after the one
-- that brought the new function, and the old one is dropped here afterwards. What a function returns
-- gets more fields, and loses none within the same time.

-- Called with these arguments by 0.1.
DROP FUNCTION IF EXISTS heartbeat(text, float8);
DROP FUNCTION IF EXISTS register_worker(text, text);
