-- +goose Up
-- The newest orders of a word are found from the words alone: they hold when an order came
-- and was last invoiced, and whose it is. To make the table anew is quicker than to change each of its rows.
CREATE TABLE order_search_new (
  order_id text NOT NULL, received bigint NOT NULL, invoiced bigint NOT NULL DEFAULT 0, supplier_id text NOT NULL, reseller_id text NOT NULL, words tsvector NOT NULL
);
INSERT INTO order_search_new SELECT s.order_id, o.received, COALESCE((SELECT MAX(made) FROM (SELECT i.made FROM invoice i WHERE i.order_id = o.id UNION ALL SELECT i.made FROM invoice_share x JOIN invoice i ON i.id = x.invoice_id WHERE x.order_id = o.id) m), 0),
  o.supplier_id, o.reseller_id, s.words FROM order_search s JOIN purchase_order o ON o.id = s.order_id;
DROP TABLE order_search;
ALTER TABLE order_search_new RENAME TO order_search;
ALTER TABLE order_search ADD CONSTRAINT order_search_pkey PRIMARY KEY (order_id);
CREATE INDEX order_search_words ON order_search USING gin (words);
