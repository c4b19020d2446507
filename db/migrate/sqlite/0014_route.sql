-- +goose Up
-- By which door, and in which standard and release, a company receives each set of a partner.
CREATE TABLE edi_route (
  partnership_id TEXT NOT NULL REFERENCES partnership(id), org_id TEXT NOT NULL REFERENCES org(id), kind TEXT NOT NULL, supplier_id TEXT NOT NULL, reseller_id TEXT NOT NULL,
  door TEXT NOT NULL, syntax TEXT NOT NULL, version TEXT NOT NULL, changed INTEGER NOT NULL, changed_by TEXT NOT NULL, PRIMARY KEY (partnership_id, org_id, kind)
);
