-- +goose Up
-- A certificate that follows another is announced: it is signed with and encrypted for
-- once the other company of a partnership confirmed it, by its people or by what it proves
-- (how: person, message, receipt). announced is 0 for those that were the first.
ALTER TABLE as2_certificate ADD COLUMN announced INTEGER NOT NULL DEFAULT 0;
CREATE TABLE as2_confirmation (
  org_id TEXT NOT NULL, certificate_id TEXT NOT NULL, partnership_id TEXT NOT NULL, supplier_id TEXT NOT NULL, reseller_id TEXT NOT NULL,
  how TEXT NOT NULL, person_id TEXT NOT NULL, at INTEGER NOT NULL,
  PRIMARY KEY (org_id, partnership_id, certificate_id)
) WITHOUT ROWID;
