-- +goose Up
-- The EDI agreement of two companies, in versions.
CREATE TABLE edi_agreement (
  id text PRIMARY KEY, partnership_id text NOT NULL, supplier_id text NOT NULL REFERENCES org(id), reseller_id text NOT NULL REFERENCES org(id), number bigint NOT NULL, state text NOT NULL, valid_from text NOT NULL, starts bigint NOT NULL, applied bigint NOT NULL,
  body text NOT NULL, hash text NOT NULL, note text NOT NULL, proposed_org text NOT NULL, proposed_by text NOT NULL, proposed bigint NOT NULL, answered_org text NOT NULL, answered_by text NOT NULL, answered bigint NOT NULL, reason text NOT NULL,
  UNIQUE (partnership_id, number)
);
CREATE UNIQUE INDEX edi_agreement_open ON edi_agreement (partnership_id) WHERE state = 'proposed';
CREATE INDEX edi_agreement_due ON edi_agreement (starts, id) WHERE state = 'confirmed' AND applied = 0;
CREATE INDEX edi_agreement_supplier ON edi_agreement (supplier_id, proposed, id);
CREATE INDEX edi_agreement_reseller ON edi_agreement (reseller_id, proposed, id);
