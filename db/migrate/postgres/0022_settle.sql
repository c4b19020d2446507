-- +goose Up
-- From the invoice to the money: which invoice a credit is for, approvals for payment, disputes, payments, what they settle and what of them is in question.
ALTER TABLE invoice ADD COLUMN credit_of TEXT NOT NULL DEFAULT '';
UPDATE invoice SET credit_of = (SELECT MIN(i.id) FROM invoice i WHERE i.order_id = invoice.order_id AND i.kind = 'invoice')
  WHERE kind = 'credit' AND (SELECT COUNT(*) FROM invoice i WHERE i.order_id = invoice.order_id AND i.kind = 'invoice') = 1;
CREATE INDEX invoice_credit_of ON invoice (credit_of) WHERE credit_of <> '';
CREATE INDEX invoice_pair ON invoice (supplier_id, reseller_id, currency, issued_on, id);
CREATE TABLE invoice_approval (
  id TEXT PRIMARY KEY, invoice_id TEXT NOT NULL REFERENCES invoice(id), supplier_id TEXT NOT NULL REFERENCES org(id), reseller_id TEXT NOT NULL REFERENCES org(id), amount BIGINT NOT NULL, note TEXT NOT NULL, person_id TEXT NOT NULL, made BIGINT NOT NULL
);
CREATE INDEX invoice_approval_invoice ON invoice_approval (invoice_id, made);
CREATE TABLE dispute (
  id TEXT PRIMARY KEY, number TEXT NOT NULL, invoice_id TEXT NOT NULL REFERENCES invoice(id), order_id TEXT NOT NULL, supplier_id TEXT NOT NULL REFERENCES org(id), reseller_id TEXT NOT NULL REFERENCES org(id), partnership_id TEXT NOT NULL REFERENCES partnership(id),
  reason TEXT NOT NULL, note TEXT NOT NULL, currency TEXT NOT NULL, net BIGINT NOT NULL, tax BIGINT NOT NULL, amount BIGINT NOT NULL, state TEXT NOT NULL, owner_id TEXT NOT NULL, due BIGINT NOT NULL, overdue BIGINT NOT NULL,
  offer TEXT NOT NULL, offer_amount BIGINT NOT NULL, offer_note TEXT NOT NULL, outcome TEXT NOT NULL, credit_id TEXT NOT NULL, room_id TEXT NOT NULL, thread BIGINT NOT NULL,
  opened BIGINT NOT NULL, opened_by TEXT NOT NULL, closed BIGINT NOT NULL, closed_by TEXT NOT NULL, closed_org TEXT NOT NULL, version BIGINT NOT NULL, UNIQUE (partnership_id, number)
);
CREATE INDEX dispute_invoice ON dispute (invoice_id, opened);
CREATE INDEX dispute_supplier ON dispute (supplier_id, opened, id);
CREATE INDEX dispute_reseller ON dispute (reseller_id, opened, id);
CREATE INDEX dispute_open ON dispute (owner_id, due, id) WHERE state <> 'closed';
CREATE INDEX dispute_due ON dispute (due, id) WHERE state <> 'closed' AND overdue = 0;
CREATE TABLE dispute_line (
  dispute_id TEXT NOT NULL REFERENCES dispute(id), position BIGINT NOT NULL, line BIGINT NOT NULL, net BIGINT NOT NULL, PRIMARY KEY (dispute_id, position)
);
CREATE TABLE dispute_step (
  id TEXT PRIMARY KEY, dispute_id TEXT NOT NULL REFERENCES dispute(id), kind TEXT NOT NULL, amount BIGINT NOT NULL, note TEXT NOT NULL, person_id TEXT NOT NULL, org_id TEXT NOT NULL, made BIGINT NOT NULL
);
CREATE INDEX dispute_step_dispute ON dispute_step (dispute_id, made, id);
CREATE TABLE payment (
  id TEXT PRIMARY KEY, supplier_id TEXT NOT NULL REFERENCES org(id), reseller_id TEXT NOT NULL REFERENCES org(id), partnership_id TEXT NOT NULL REFERENCES partnership(id), number TEXT NOT NULL, method TEXT NOT NULL, paid_on TEXT NOT NULL,
  currency TEXT NOT NULL, total BIGINT NOT NULL, outcome TEXT NOT NULL, reason TEXT NOT NULL, args TEXT NOT NULL, document TEXT NOT NULL, content_hash TEXT NOT NULL, source TEXT NOT NULL, source_key TEXT NOT NULL, interchange_id TEXT NOT NULL, set_no BIGINT NOT NULL,
  made BIGINT NOT NULL, made_by TEXT NOT NULL, made_org TEXT NOT NULL, settled BIGINT NOT NULL, settled_by TEXT NOT NULL, settled_org TEXT NOT NULL, note TEXT NOT NULL
);
CREATE UNIQUE INDEX payment_source ON payment (supplier_id, source_key) WHERE source_key <> '';
CREATE UNIQUE INDEX payment_number ON payment (supplier_id, reseller_id, number) WHERE outcome = 'booked';
CREATE INDEX payment_supplier ON payment (supplier_id, made, id);
CREATE INDEX payment_reseller ON payment (reseller_id, made, id);
CREATE INDEX payment_pair ON payment (supplier_id, reseller_id, currency, paid_on, id) WHERE outcome = 'booked';
CREATE TABLE payment_line (
  payment_id TEXT NOT NULL REFERENCES payment(id), position BIGINT NOT NULL, kind TEXT NOT NULL, document_no TEXT NOT NULL, invoice_id TEXT NOT NULL, stated BIGINT NOT NULL, paid BIGINT NOT NULL, discount BIGINT NOT NULL, PRIMARY KEY (payment_id, position)
);
CREATE TABLE settlement (
  id TEXT PRIMARY KEY, invoice_id TEXT NOT NULL REFERENCES invoice(id), supplier_id TEXT NOT NULL, reseller_id TEXT NOT NULL, amount BIGINT NOT NULL, by_kind TEXT NOT NULL, by_id TEXT NOT NULL, position BIGINT NOT NULL, made BIGINT NOT NULL
);
CREATE INDEX settlement_invoice ON settlement (invoice_id, made, id);
CREATE INDEX settlement_by ON settlement (by_id);
CREATE INDEX settlement_pair ON settlement (supplier_id, reseller_id);
CREATE TABLE payment_issue (
  id TEXT PRIMARY KEY, payment_id TEXT NOT NULL REFERENCES payment(id), position BIGINT NOT NULL, kind TEXT NOT NULL, supplier_id TEXT NOT NULL REFERENCES org(id), reseller_id TEXT NOT NULL REFERENCES org(id), partnership_id TEXT NOT NULL REFERENCES partnership(id),
  invoice_id TEXT NOT NULL, document_no TEXT NOT NULL, currency TEXT NOT NULL, amount BIGINT NOT NULL, code TEXT NOT NULL, code_un TEXT NOT NULL, reference TEXT NOT NULL, note TEXT NOT NULL, state TEXT NOT NULL, subject_kind TEXT NOT NULL, subject_id TEXT NOT NULL,
  owner_id TEXT NOT NULL, due BIGINT NOT NULL, overdue BIGINT NOT NULL, answer TEXT NOT NULL, answer_note TEXT NOT NULL, made BIGINT NOT NULL, settled BIGINT NOT NULL, settled_by TEXT NOT NULL, settled_org TEXT NOT NULL
);
CREATE INDEX payment_issue_payment ON payment_issue (payment_id, position, id);
CREATE INDEX payment_issue_invoice ON payment_issue (invoice_id) WHERE invoice_id <> '';
CREATE INDEX payment_issue_subject ON payment_issue (subject_id) WHERE subject_id <> '';
CREATE INDEX payment_issue_supplier ON payment_issue (supplier_id, made, id) WHERE state = 'open';
CREATE INDEX payment_issue_reseller ON payment_issue (reseller_id, made, id) WHERE state = 'open';
CREATE INDEX payment_issue_wanted ON payment_issue (supplier_id, reseller_id, document_no) WHERE state = 'open';
CREATE INDEX payment_issue_due ON payment_issue (due, id) WHERE state = 'open' AND overdue = 0;
