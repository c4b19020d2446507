-- +goose Up
-- By which door, and in which standard and release, a company receives each set of a partner.
CREATE TABLE edi_route (
  partnership_id text NOT NULL REFERENCES partnership(id), org_id text NOT NULL REFERENCES org(id), kind text NOT NULL, supplier_id text NOT NULL, reseller_id text NOT NULL,
  door text NOT NULL, syntax text NOT NULL, version text NOT NULL, changed bigint NOT NULL, changed_by text NOT NULL, PRIMARY KEY (partnership_id, org_id, kind)
);
