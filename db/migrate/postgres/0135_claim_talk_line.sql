-- +goose Up
-- A thread hangs on what its line stands for, not on its position: a claim that was sent back may be rewritten. mark is the line's key or else its words, said what it was called.
CREATE TABLE fund_claim_thread (
  claim_id TEXT NOT NULL REFERENCES fund_claim(id), mark TEXT NOT NULL, owner_id TEXT NOT NULL REFERENCES org(id), org_id TEXT NOT NULL REFERENCES org(id), said TEXT NOT NULL, room_id TEXT NOT NULL, thread BIGINT NOT NULL, opened BIGINT NOT NULL, opened_by TEXT NOT NULL, PRIMARY KEY (claim_id, mark)
);
INSERT INTO fund_claim_thread SELECT t.claim_id, CASE WHEN l.mark IS NULL THEN 'gone:' || CAST(t.position AS TEXT) WHEN l.n > 1 THEN l.mark || '#' || CAST(l.n AS TEXT) ELSE l.mark END, t.owner_id, t.org_id, COALESCE(l.said, ''), t.room_id, t.thread, t.opened, t.opened_by
  FROM fund_claim_talk t LEFT JOIN (
    SELECT claim_id, position, mark, said, ROW_NUMBER() OVER (PARTITION BY claim_id, mark ORDER BY position) AS n FROM (
      SELECT claim_id, position, CASE WHEN line_key <> '' THEN 'k:' || line_key ELSE 't:' || text || '|' || sku || '|' || on_day END AS mark, TRIM(text || ' ' || sku) AS said FROM fund_claim_line WHERE claim_id IN (SELECT claim_id FROM fund_claim_talk)
    ) m
  ) l ON l.claim_id = t.claim_id AND l.position = t.position;
DROP TABLE fund_claim_talk;
