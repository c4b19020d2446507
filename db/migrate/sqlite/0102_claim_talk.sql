-- +goose Up
-- Where a line of a fund claim is talked about: a room, and the line of it on which the thread hangs.
CREATE TABLE fund_claim_talk (
  claim_id TEXT NOT NULL REFERENCES fund_claim(id), position INTEGER NOT NULL, owner_id TEXT NOT NULL REFERENCES org(id), org_id TEXT NOT NULL REFERENCES org(id), room_id TEXT NOT NULL, thread INTEGER NOT NULL, opened INTEGER NOT NULL, opened_by TEXT NOT NULL, PRIMARY KEY (claim_id, position)
);
