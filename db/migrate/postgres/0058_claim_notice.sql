-- +goose Up
-- Claims by EDI (844): each message with what became of its contracts and lines, and the answers (849) that went out. Lines that wait have a clock, and what was granted on a line is kept by the lines of documents it is made of.
ALTER TABLE fund_claim ADD COLUMN next_at bigint NOT NULL DEFAULT 0;
CREATE INDEX fund_claim_due ON fund_claim (next_at, id) WHERE next_at > 0;
CREATE INDEX fund_claim_pending ON fund_claim (owner_id, org_id) WHERE pending > 0;
CREATE TABLE fund_claim_part (
  claim_id text NOT NULL REFERENCES fund_claim(id), position bigint NOT NULL, part bigint NOT NULL, owner_id text NOT NULL REFERENCES org(id), org_id text NOT NULL REFERENCES org(id), order_id text NOT NULL, order_line bigint NOT NULL, amount bigint NOT NULL, PRIMARY KEY (claim_id, position, part)
);
CREATE TABLE claim_notice (
  id text PRIMARY KEY, owner_id text NOT NULL REFERENCES org(id), org_id text NOT NULL REFERENCES org(id), partnership_id text NOT NULL REFERENCES partnership(id), number text NOT NULL, purpose text NOT NULL, issued_on text NOT NULL, digest text NOT NULL, state text NOT NULL, reason text NOT NULL,
  interchange_id text NOT NULL, set_no bigint NOT NULL, received bigint NOT NULL, UNIQUE (interchange_id, set_no)
);
CREATE INDEX claim_notice_number ON claim_notice (owner_id, org_id, number);
CREATE INDEX claim_notice_owner ON claim_notice (owner_id, received, id);
CREATE INDEX claim_notice_org ON claim_notice (org_id, received, id);
CREATE TABLE claim_notice_part (
  notice_id text NOT NULL REFERENCES claim_notice(id), part bigint NOT NULL, owner_id text NOT NULL REFERENCES org(id), org_id text NOT NULL REFERENCES org(id), number text NOT NULL, subject text NOT NULL, claim_id text NOT NULL, reason text NOT NULL, PRIMARY KEY (notice_id, part)
);
CREATE INDEX claim_notice_part_claim ON claim_notice_part (claim_id) WHERE claim_id <> '';
CREATE TABLE claim_notice_line (
  notice_id text NOT NULL REFERENCES claim_notice(id), part bigint NOT NULL, line bigint NOT NULL, owner_id text NOT NULL REFERENCES org(id), org_id text NOT NULL REFERENCES org(id), claim_id text NOT NULL, position bigint NOT NULL, PRIMARY KEY (notice_id, part, line)
);
CREATE INDEX claim_notice_line_claim ON claim_notice_line (claim_id);
CREATE TABLE claim_notice_answer (
  id text PRIMARY KEY, notice_id text NOT NULL REFERENCES claim_notice(id), owner_id text NOT NULL REFERENCES org(id), org_id text NOT NULL REFERENCES org(id), place bigint NOT NULL, mark text NOT NULL, final bigint NOT NULL, made bigint NOT NULL, UNIQUE (notice_id, place)
);
