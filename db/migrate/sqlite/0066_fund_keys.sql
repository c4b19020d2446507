-- +goose Up
-- What a form sent twice does once: money put in, a part given, a request made.
ALTER TABLE fund_entry ADD COLUMN source_key TEXT NOT NULL DEFAULT '';
CREATE UNIQUE INDEX fund_entry_source ON fund_entry (program_id, source_key) WHERE source_key <> '';
ALTER TABLE fund_request ADD COLUMN source_key TEXT NOT NULL DEFAULT '';
CREATE UNIQUE INDEX fund_request_source ON fund_request (program_id, org_id, source_key) WHERE source_key <> '';
-- One payment of a partner may hold parts of one claim back, decided at different times.
DROP INDEX fund_settlement_reference;
CREATE UNIQUE INDEX fund_settlement_reference ON fund_settlement (owner_id, org_id, kind, reference, claim_id) WHERE reversed = 0 AND kind <> 'offset';
