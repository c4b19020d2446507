-- +goose Up
-- What a receipt writes is kept in the indexes that somebody asks: nothing asks for lines of
-- the audit by seal, only what waits is looked for in an outbox, and only what came by AS2,
-- with its answers, by its submission. A receipt locks the two tables in this order.
DROP INDEX interchange_outbox;
CREATE INDEX interchange_outbox ON interchange (receiver_id, received, id) WHERE delivery = 'waiting';
DROP INDEX interchange_submission;
CREATE INDEX interchange_submission ON interchange (submission_id, position) WHERE door IN ('as2', 'answer');
DROP INDEX audit_unsealed;
DROP INDEX audit_position;
CREATE UNIQUE INDEX audit_position ON audit (org_id, position) WHERE position IS NOT NULL;
