-- +goose Up
-- Claims by EDI (844): each message with what became of its contracts and lines, and the answers (849) that went out. Lines that wait have a clock, and what was granted on a line is kept by the lines of documents it is made of.
ALTER TABLE fund_claim ADD COLUMN next_at INTEGER NOT NULL DEFAULT 0;
CREATE INDEX fund_claim_due ON fund_claim (next_at, id) WHERE next_at > 0;
CREATE INDEX fund_claim_pending ON fund_claim (owner_id, org_id) WHERE pending > 0;
CREATE TABLE fund_claim_part (
  claim_id TEXT NOT NULL REFERENCES fund_claim(id), position INTEGER NOT NULL, part INTEGER NOT NULL, owner_id TEXT NOT NULL REFERENCES org(id), org_id TEXT NOT NULL REFERENCES org(id), order_id TEXT NOT NULL, order_line INTEGER NOT NULL, amount INTEGER NOT NULL, PRIMARY KEY (claim_id, position, part)
);
CREATE TABLE claim_notice (
  id TEXT PRIMARY KEY, owner_id TEXT NOT NULL REFERENCES org(id), org_id TEXT NOT NULL REFERENCES org(id), partnership_id TEXT NOT NULL REFERENCES partnership(id), number TEXT NOT NULL, purpose TEXT NOT NULL, issued_on TEXT NOT NULL, digest TEXT NOT NULL, state TEXT NOT NULL, reason TEXT NOT NULL,
  interchange_id TEXT NOT NULL, set_no INTEGER NOT NULL, received INTEGER NOT NULL, UNIQUE (interchange_id, set_no)
);
CREATE INDEX claim_notice_number ON claim_notice (owner_id, org_id, number);
CREATE INDEX claim_notice_owner ON claim_notice (owner_id, received, id);
CREATE INDEX claim_notice_org ON claim_notice (org_id, received, id);
CREATE TABLE claim_notice_part (
  notice_id TEXT NOT NULL REFERENCES claim_notice(id), part INTEGER NOT NULL, owner_id TEXT NOT NULL REFERENCES org(id), org_id TEXT NOT NULL REFERENCES org(id), number TEXT NOT NULL, subject TEXT NOT NULL, claim_id TEXT NOT NULL, reason TEXT NOT NULL, PRIMARY KEY (notice_id, part)
);
CREATE INDEX claim_notice_part_claim ON claim_notice_part (claim_id) WHERE claim_id <> '';
CREATE TABLE claim_notice_line (
  notice_id TEXT NOT NULL REFERENCES claim_notice(id), part INTEGER NOT NULL, line INTEGER NOT NULL, owner_id TEXT NOT NULL REFERENCES org(id), org_id TEXT NOT NULL REFERENCES org(id), claim_id TEXT NOT NULL, position INTEGER NOT NULL, PRIMARY KEY (notice_id, part, line)
);
CREATE INDEX claim_notice_line_claim ON claim_notice_line (claim_id);
CREATE TABLE claim_notice_answer (
  id TEXT PRIMARY KEY, notice_id TEXT NOT NULL REFERENCES claim_notice(id), owner_id TEXT NOT NULL REFERENCES org(id), org_id TEXT NOT NULL REFERENCES org(id), place INTEGER NOT NULL, mark TEXT NOT NULL, final INTEGER NOT NULL, made INTEGER NOT NULL, UNIQUE (notice_id, place)
);
