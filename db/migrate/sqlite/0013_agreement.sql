-- +goose Up
-- The EDI agreement of two companies, in versions.
CREATE TABLE edi_agreement (
  id TEXT PRIMARY KEY, partnership_id TEXT NOT NULL, supplier_id TEXT NOT NULL REFERENCES org(id), reseller_id TEXT NOT NULL REFERENCES org(id), number INTEGER NOT NULL, state TEXT NOT NULL, valid_from TEXT NOT NULL, starts INTEGER NOT NULL, applied INTEGER NOT NULL,
  body TEXT NOT NULL, hash TEXT NOT NULL, note TEXT NOT NULL, proposed_org TEXT NOT NULL, proposed_by TEXT NOT NULL, proposed INTEGER NOT NULL, answered_org TEXT NOT NULL, answered_by TEXT NOT NULL, answered INTEGER NOT NULL, reason TEXT NOT NULL,
  UNIQUE (partnership_id, number)
);
CREATE UNIQUE INDEX edi_agreement_open ON edi_agreement (partnership_id) WHERE state = 'proposed';
CREATE INDEX edi_agreement_due ON edi_agreement (starts, id) WHERE state = 'confirmed' AND applied = 0;
CREATE INDEX edi_agreement_supplier ON edi_agreement (supplier_id, proposed, id);
CREATE INDEX edi_agreement_reseller ON edi_agreement (reseller_id, proposed, id);
