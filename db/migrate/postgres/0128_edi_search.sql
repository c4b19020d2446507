-- +goose Up
-- Lists of interchanges: by the beginning of a control number, and those with one partner.
-- Beginnings are ranges of bytes, whatever the collation.
CREATE INDEX interchange_control ON interchange (control text_pattern_ops, supplier_id, reseller_id, id);
CREATE INDEX interchange_pair ON interchange (supplier_id, reseller_id, received, id);
DROP INDEX edi_set_key;
CREATE INDEX edi_set_key ON edi_set (business_key text_pattern_ops, interchange_id, supplier_id, reseller_id);
DROP INDEX edi_number_value;
CREATE INDEX edi_number_value ON edi_number (value text_pattern_ops, interchange_id, supplier_id, reseller_id);
