-- +goose Up
-- A certificate that follows another is announced: it is signed with and encrypted for
-- once the other company of a partnership confirmed it, by its people or by what it proves
-- (how: person, message, receipt). announced is 0 for those that were the first.
ALTER TABLE as2_certificate ADD COLUMN announced bigint NOT NULL DEFAULT 0;
CREATE TABLE as2_confirmation (
  org_id text NOT NULL, certificate_id text NOT NULL, partnership_id text NOT NULL, supplier_id text NOT NULL, reseller_id text NOT NULL,
  how text NOT NULL, person_id text NOT NULL, at bigint NOT NULL,
  PRIMARY KEY (org_id, partnership_id, certificate_id)
);
