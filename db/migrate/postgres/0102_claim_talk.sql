-- +goose Up
-- Where a line of a fund claim is talked about: a room, and the line of it on which the thread hangs.
CREATE TABLE fund_claim_talk (
  claim_id text NOT NULL REFERENCES fund_claim(id), position bigint NOT NULL, owner_id text NOT NULL REFERENCES org(id), org_id text NOT NULL REFERENCES org(id), room_id text NOT NULL, thread bigint NOT NULL, opened bigint NOT NULL, opened_by text NOT NULL, PRIMARY KEY (claim_id, position)
);
