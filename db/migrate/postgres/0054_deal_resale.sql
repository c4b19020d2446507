-- +goose Up
-- Registrations won by what was sold on to their customer, and disputes that a competitor's sale opens.
ALTER TABLE deal ADD COLUMN resold bigint NOT NULL DEFAULT 0;
ALTER TABLE deal_dispute ADD COLUMN evidence text NOT NULL DEFAULT '';
DROP INDEX deal_line_wins;
CREATE INDEX deal_line_wins ON deal_line (deal_id, sku, happened, order_id, line, invoiced, amount) WHERE counts AND invoiced > 0 AND basis <> 'resale';
CREATE INDEX deal_line_resold ON deal_line (deal_id, sku, invoiced, amount) WHERE counts AND basis = 'resale';
CREATE INDEX deal_against ON deal (registrant_id, against_id) WHERE against_id <> '';
CREATE TABLE deal_rival (
  deal_id text NOT NULL REFERENCES deal(id), rival_id text NOT NULL, mark text NOT NULL, supplier_id text NOT NULL, found bigint NOT NULL, PRIMARY KEY (deal_id, rival_id, mark)
);
