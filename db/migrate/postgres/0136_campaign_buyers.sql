-- +goose Up
-- What some customers of a company bought, without adding up what all did.
CREATE INDEX deal_account ON deal (registrant_id, account_id) WHERE account_id <> '';
CREATE INDEX sell_line_buyer ON sell_line (customer_code, report_id) WHERE customer_code <> '';
CREATE INDEX sell_line_named ON sell_line (LOWER(customer_name), report_id) WHERE customer_name <> '';
