-- +goose Up
-- When people are told of an overdue acknowledgement: in the next open hour of their company. 0: they were, or it is not overdue.
ALTER TABLE edi_wait ADD COLUMN tell INTEGER NOT NULL DEFAULT 0;
CREATE INDEX edi_wait_tell ON edi_wait (tell, interchange_id) WHERE settled = 0 AND tell > 0;
