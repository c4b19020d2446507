-- The schema after all migrations, written by: go test ./db/migrate -run TestDump -update

CREATE TABLE absence (
  org_id text NOT NULL, id text NOT NULL, person_id text NOT NULL, from_on text NOT NULL, to_on text NOT NULL, starts bigint NOT NULL, ends bigint NOT NULL, cover_id text NOT NULL, created bigint NOT NULL,
  PRIMARY KEY (org_id, id),
  FOREIGN KEY (org_id) REFERENCES org(id),
  FOREIGN KEY (person_id) REFERENCES person(id)
);
CREATE INDEX absence_ends ON absence USING btree (org_id, ends);
CREATE INDEX absence_person ON absence USING btree (org_id, person_id, ends);
CREATE TABLE answer_time (
  partnership_id text NOT NULL, supplier_id text NOT NULL, reseller_id text NOT NULL, hours bigint NOT NULL, changed bigint NOT NULL, changed_by text NOT NULL,
  PRIMARY KEY (partnership_id),
  FOREIGN KEY (partnership_id) REFERENCES partnership(id)
);
CREATE TABLE api_token (
  org_id text NOT NULL, id text NOT NULL, person_id text NOT NULL, name text NOT NULL, hash text NOT NULL, hint text NOT NULL, scopes text NOT NULL, created bigint NOT NULL, expires bigint NOT NULL, used bigint NOT NULL, revoked bigint NOT NULL,
  UNIQUE (hash),
  PRIMARY KEY (org_id, id),
  FOREIGN KEY (org_id) REFERENCES org(id),
  FOREIGN KEY (person_id) REFERENCES person(id)
);
CREATE INDEX api_token_person ON api_token USING btree (person_id);
CREATE TABLE approval (
  id text NOT NULL, org_id text NOT NULL, partner_id text NOT NULL, partnership_id text NOT NULL, about text NOT NULL, kind text NOT NULL, subject_id text NOT NULL, number text NOT NULL, state text NOT NULL, currency text NOT NULL, amount bigint NOT NULL, content text NOT NULL, source_key text NOT NULL, asked bigint NOT NULL, asked_by text NOT NULL, due bigint NOT NULL, overdue bigint NOT NULL, decided bigint NOT NULL, decided_by text NOT NULL, reason text NOT NULL, made_id text NOT NULL, others text NOT NULL,
  PRIMARY KEY (id),
  FOREIGN KEY (org_id) REFERENCES org(id),
  FOREIGN KEY (partner_id) REFERENCES org(id),
  FOREIGN KEY (partnership_id) REFERENCES partnership(id)
);
CREATE INDEX approval_due ON approval USING btree (due, id) WHERE ((state = 'waiting'::text) AND (overdue = 0));
CREATE INDEX approval_list ON approval USING btree (org_id, state, asked, id);
CREATE INDEX approval_subject ON approval USING btree (subject_id, state);
CREATE UNIQUE INDEX approval_source ON approval USING btree (org_id, source_key) WHERE (source_key <> ''::text);
CREATE TABLE approval_rule (
  id text NOT NULL, org_id text NOT NULL, about text NOT NULL, test text NOT NULL, currency text NOT NULL, amount bigint NOT NULL, percent bigint NOT NULL, role text NOT NULL, person_id text NOT NULL, four_eyes bigint NOT NULL, active bigint NOT NULL, made bigint NOT NULL, changed bigint NOT NULL, changed_by text NOT NULL, version bigint NOT NULL,
  PRIMARY KEY (id),
  FOREIGN KEY (org_id) REFERENCES org(id)
);
CREATE INDEX approval_rule_org ON approval_rule USING btree (org_id, made, id);
CREATE TABLE approval_step (
  approval_id text NOT NULL, position bigint NOT NULL, rule_id text NOT NULL, test text NOT NULL, facts text NOT NULL, role text NOT NULL, person_id text NOT NULL, four_eyes bigint NOT NULL, decided bigint NOT NULL, decided_by text NOT NULL,
  PRIMARY KEY (approval_id, "position"),
  FOREIGN KEY (approval_id) REFERENCES approval(id)
);
CREATE TABLE as2_attempt (
  message_id text NOT NULL, number bigint NOT NULL, supplier_id text NOT NULL, reseller_id text NOT NULL, happened bigint NOT NULL, took bigint NOT NULL, outcome text NOT NULL, detail text NOT NULL,
  PRIMARY KEY (message_id, number),
  FOREIGN KEY (message_id) REFERENCES as2_message(id)
);
CREATE TABLE as2_certificate (
  org_id text NOT NULL, id text NOT NULL, purpose text NOT NULL, der bytea NOT NULL, private bytea, fingerprint text NOT NULL, subject text NOT NULL, issuer text NOT NULL, serial text NOT NULL, algorithm text NOT NULL, not_before bigint NOT NULL, not_after bigint NOT NULL, use_from bigint NOT NULL, retired bigint NOT NULL, warned bigint NOT NULL, made_by text NOT NULL, created bigint NOT NULL, announced bigint NOT NULL,
  UNIQUE (org_id, fingerprint),
  PRIMARY KEY (org_id, id),
  FOREIGN KEY (org_id) REFERENCES org(id)
);
CREATE TABLE as2_confirmation (
  org_id text NOT NULL, certificate_id text NOT NULL, partnership_id text NOT NULL, supplier_id text NOT NULL, reseller_id text NOT NULL, how text NOT NULL, person_id text NOT NULL, at bigint NOT NULL,
  PRIMARY KEY (org_id, partnership_id, certificate_id)
);
CREATE TABLE as2_echo (
  partnership_id text NOT NULL, org_id text NOT NULL, supplier_id text NOT NULL, reseller_id text NOT NULL, happened bigint NOT NULL, person_id text NOT NULL, good bigint NOT NULL, advice text NOT NULL, steps text NOT NULL,
  PRIMARY KEY (partnership_id, org_id),
  FOREIGN KEY (org_id) REFERENCES org(id)
);
CREATE TABLE as2_message (
  id text NOT NULL, direction text NOT NULL, partnership_id text NOT NULL, supplier_id text NOT NULL, reseller_id text NOT NULL, sender_id text NOT NULL, receiver_id text NOT NULL, as2_from text NOT NULL, as2_to text NOT NULL, message_id text NOT NULL, proved boolean NOT NULL, interchanges text NOT NULL, submission_id text NOT NULL, headers text NOT NULL, sent text NOT NULL, blob text NOT NULL, size bigint NOT NULL, body_hash text NOT NULL, content_hash text NOT NULL, mic text NOT NULL, mic_algorithm text NOT NULL, security text NOT NULL, file_names text NOT NULL, state text NOT NULL, disposition text NOT NULL, reason text NOT NULL, receipt_headers text NOT NULL, receipt bytea, receipt_url text NOT NULL, receipt_mic text NOT NULL, receipt_proved boolean NOT NULL, lane text NOT NULL, next_at bigint NOT NULL, attempts bigint NOT NULL, fence bigint NOT NULL, last_error text NOT NULL, happened bigint NOT NULL, settled bigint NOT NULL,
  PRIMARY KEY (id),
  FOREIGN KEY (receiver_id) REFERENCES org(id),
  FOREIGN KEY (sender_id) REFERENCES org(id)
);
CREATE INDEX as2_message_due ON as2_message USING btree (next_at, state, lane) WHERE (next_at > 0);
CREATE INDEX as2_message_file ON as2_message USING btree (file_names);
CREATE INDEX as2_message_name ON as2_message USING btree (message_id);
CREATE INDEX as2_message_reseller ON as2_message USING btree (reseller_id, happened, id);
CREATE INDEX as2_message_submission ON as2_message USING btree (submission_id);
CREATE INDEX as2_message_supplier ON as2_message USING btree (supplier_id, happened, id);
CREATE UNIQUE INDEX as2_message_once ON as2_message USING btree (as2_from, as2_to, message_id, direction) WHERE proved;
CREATE TABLE as2_refused (
  org_id text NOT NULL, hour bigint NOT NULL, addr text NOT NULL, times bigint NOT NULL, first_at bigint NOT NULL, last_at bigint NOT NULL, as2_from text NOT NULL, as2_to text NOT NULL, reason text NOT NULL,
  PRIMARY KEY (org_id, hour, addr)
);
CREATE INDEX as2_refused_hour ON as2_refused USING btree (hour);
CREATE TABLE as2_station (
  org_id text NOT NULL, url text NOT NULL, receipt_hosts text NOT NULL, changed bigint NOT NULL, changed_by text NOT NULL, http_user text NOT NULL, http_secret bytea, locked bigint NOT NULL, locked_by text NOT NULL,
  PRIMARY KEY (org_id),
  FOREIGN KEY (org_id) REFERENCES org(id)
);
CREATE TABLE as2_terms (
  partnership_id text NOT NULL, sender_id text NOT NULL, supplier_id text NOT NULL, reseller_id text NOT NULL, terms text NOT NULL, version bigint NOT NULL, changed bigint NOT NULL, changed_by text NOT NULL,
  PRIMARY KEY (partnership_id, sender_id),
  FOREIGN KEY (sender_id) REFERENCES org(id)
);
CREATE TABLE audit (
  id text NOT NULL, org_id text NOT NULL, position bigint, person_id text NOT NULL, via text NOT NULL, action text NOT NULL, subject_kind text NOT NULL, subject_id text NOT NULL, outcome text NOT NULL, addr text NOT NULL, happened bigint NOT NULL, seal text,
  PRIMARY KEY (id)
);
CREATE INDEX audit_org ON audit USING btree (org_id, happened, id);
CREATE INDEX audit_subject ON audit USING btree (subject_id, org_id, happened, id);
CREATE UNIQUE INDEX audit_position ON audit USING btree (org_id, "position") WHERE ("position" IS NOT NULL);
CREATE TRIGGER audit_guard BEFORE DELETE OR UPDATE ON audit FOR EACH ROW EXECUTE FUNCTION audit_guard();
CREATE TRIGGER audit_no_truncate BEFORE TRUNCATE ON audit FOR EACH STATEMENT EXECUTE FUNCTION audit_guard();
CREATE TABLE blanket (
  order_id text NOT NULL, supplier_id text NOT NULL, reseller_id text NOT NULL, number text NOT NULL, valid_from text NOT NULL, valid_until text NOT NULL, closed bigint NOT NULL, closed_by text NOT NULL, closed_org text NOT NULL, reason text NOT NULL,
  PRIMARY KEY (order_id),
  FOREIGN KEY (order_id) REFERENCES purchase_order(id),
  FOREIGN KEY (reseller_id) REFERENCES org(id),
  FOREIGN KEY (supplier_id) REFERENCES org(id)
);
CREATE INDEX blanket_number ON blanket USING btree (supplier_id, reseller_id, number);
CREATE TABLE blanket_release (
  order_id text NOT NULL, blanket_id text NOT NULL, supplier_id text NOT NULL, reseller_id text NOT NULL, number text NOT NULL, made bigint NOT NULL,
  PRIMARY KEY (order_id),
  FOREIGN KEY (order_id) REFERENCES purchase_order(id),
  FOREIGN KEY (reseller_id) REFERENCES org(id),
  FOREIGN KEY (supplier_id) REFERENCES org(id)
);
CREATE INDEX blanket_release_blanket ON blanket_release USING btree (blanket_id, made, order_id);
CREATE INDEX blanket_release_number ON blanket_release USING btree (supplier_id, reseller_id, number);
CREATE TABLE blob (
  hash text NOT NULL, size bigint NOT NULL, place text NOT NULL, data bytea, created bigint NOT NULL,
  PRIMARY KEY (hash)
);
CREATE TABLE calendar (
  org_id text NOT NULL, version bigint NOT NULL, zone text NOT NULL, country text NOT NULL, body text NOT NULL, changed bigint NOT NULL, changed_by text NOT NULL,
  PRIMARY KEY (org_id, version),
  FOREIGN KEY (org_id) REFERENCES org(id)
);
CREATE TABLE call_policy (
  org_id text NOT NULL, relay bigint NOT NULL, person_id text NOT NULL, changed bigint NOT NULL,
  PRIMARY KEY (org_id),
  FOREIGN KEY (org_id) REFERENCES org(id),
  FOREIGN KEY (person_id) REFERENCES person(id)
);
CREATE TABLE campaign (
  id text NOT NULL, org_id text NOT NULL, promotion_id text NOT NULL, page_org_id text NOT NULL, name text NOT NULL, ref text NOT NULL, segment text NOT NULL, body text NOT NULL, pause bigint NOT NULL, state text NOT NULL, reason text NOT NULL, reply_to text NOT NULL, starts bigint NOT NULL, next_at bigint NOT NULL, seen text NOT NULL, slices bigint NOT NULL, finished bigint NOT NULL, made bigint NOT NULL, made_by text NOT NULL, changed bigint NOT NULL, version bigint NOT NULL,
  PRIMARY KEY (id),
  FOREIGN KEY (org_id) REFERENCES org(id),
  FOREIGN KEY (page_org_id) REFERENCES org(id),
  FOREIGN KEY (promotion_id) REFERENCES promotion(id)
);
CREATE INDEX campaign_due ON campaign USING btree (state, next_at);
CREATE INDEX campaign_of ON campaign USING btree (org_id, promotion_id, made);
CREATE TABLE campaign_mail (
  campaign_id text NOT NULL, contact_id text NOT NULL, org_id text NOT NULL, promotion_id text NOT NULL, customer_id text NOT NULL, address text NOT NULL, language text NOT NULL, state text NOT NULL, reason text NOT NULL, happened bigint NOT NULL, stopped bigint NOT NULL,
  PRIMARY KEY (campaign_id, contact_id),
  FOREIGN KEY (campaign_id) REFERENCES campaign(id)
);
CREATE INDEX campaign_mail_rate ON campaign_mail USING btree (org_id, happened);
CREATE INDEX campaign_mail_to ON campaign_mail USING btree (org_id, promotion_id, address, happened);
CREATE TABLE campaign_stop (
  org_id text NOT NULL, address text NOT NULL, reason text NOT NULL, happened bigint NOT NULL,
  PRIMARY KEY (org_id, address),
  FOREIGN KEY (org_id) REFERENCES org(id)
);
CREATE TABLE catalog_terms (
  org_id text NOT NULL, partner_id text NOT NULL, stock_shown text NOT NULL, stock_low bigint NOT NULL, stock_edi boolean NOT NULL, prices_edi boolean NOT NULL, stock_sent bigint NOT NULL, changed bigint NOT NULL, changed_by text NOT NULL,
  PRIMARY KEY (org_id, partner_id),
  FOREIGN KEY (org_id) REFERENCES org(id)
);
CREATE TABLE claim_notice (
  id text NOT NULL, owner_id text NOT NULL, org_id text NOT NULL, partnership_id text NOT NULL, number text NOT NULL, purpose text NOT NULL, issued_on text NOT NULL, digest text NOT NULL, state text NOT NULL, reason text NOT NULL, interchange_id text NOT NULL, set_no bigint NOT NULL, received bigint NOT NULL,
  UNIQUE (interchange_id, set_no),
  PRIMARY KEY (id),
  FOREIGN KEY (org_id) REFERENCES org(id),
  FOREIGN KEY (owner_id) REFERENCES org(id),
  FOREIGN KEY (partnership_id) REFERENCES partnership(id)
);
CREATE INDEX claim_notice_number ON claim_notice USING btree (owner_id, org_id, number);
CREATE INDEX claim_notice_org ON claim_notice USING btree (org_id, received, id);
CREATE INDEX claim_notice_owner ON claim_notice USING btree (owner_id, received, id);
CREATE TABLE claim_notice_answer (
  id text NOT NULL, notice_id text NOT NULL, owner_id text NOT NULL, org_id text NOT NULL, place bigint NOT NULL, mark text NOT NULL, final bigint NOT NULL, made bigint NOT NULL,
  UNIQUE (notice_id, place),
  PRIMARY KEY (id),
  FOREIGN KEY (notice_id) REFERENCES claim_notice(id),
  FOREIGN KEY (org_id) REFERENCES org(id),
  FOREIGN KEY (owner_id) REFERENCES org(id)
);
CREATE TABLE claim_notice_line (
  notice_id text NOT NULL, part bigint NOT NULL, line bigint NOT NULL, owner_id text NOT NULL, org_id text NOT NULL, claim_id text NOT NULL, position bigint NOT NULL,
  PRIMARY KEY (notice_id, part, line),
  FOREIGN KEY (notice_id) REFERENCES claim_notice(id),
  FOREIGN KEY (org_id) REFERENCES org(id),
  FOREIGN KEY (owner_id) REFERENCES org(id)
);
CREATE INDEX claim_notice_line_claim ON claim_notice_line USING btree (claim_id);
CREATE TABLE claim_notice_part (
  notice_id text NOT NULL, part bigint NOT NULL, owner_id text NOT NULL, org_id text NOT NULL, number text NOT NULL, subject text NOT NULL, claim_id text NOT NULL, reason text NOT NULL,
  PRIMARY KEY (notice_id, part),
  FOREIGN KEY (notice_id) REFERENCES claim_notice(id),
  FOREIGN KEY (org_id) REFERENCES org(id),
  FOREIGN KEY (owner_id) REFERENCES org(id)
);
CREATE INDEX claim_notice_part_claim ON claim_notice_part USING btree (claim_id) WHERE (claim_id <> ''::text);
CREATE TABLE company_logo (
  org_id text NOT NULL, hash text NOT NULL, width bigint NOT NULL, height bigint NOT NULL, changed bigint NOT NULL, changed_by text NOT NULL,
  PRIMARY KEY (org_id),
  FOREIGN KEY (org_id) REFERENCES org(id)
);
CREATE INDEX company_logo_hash ON company_logo USING btree (hash);
CREATE TABLE contact (
  org_id text NOT NULL, id text NOT NULL, customer_id text NOT NULL, name text NOT NULL, title text NOT NULL, mail text NOT NULL, phone text NOT NULL, may_contact boolean NOT NULL, may_share boolean NOT NULL, basis text NOT NULL, given bigint NOT NULL, given_by text NOT NULL, created bigint NOT NULL, changed bigint NOT NULL, version bigint NOT NULL, withdrawn bigint NOT NULL,
  PRIMARY KEY (org_id, id),
  FOREIGN KEY (org_id) REFERENCES org(id)
);
CREATE INDEX contact_customer ON contact USING btree (org_id, customer_id);
CREATE TABLE counter (
  name text NOT NULL, value bigint NOT NULL,
  PRIMARY KEY (name)
);
CREATE TABLE customer (
  org_id text NOT NULL, id text NOT NULL, name text NOT NULL, country text NOT NULL, city text NOT NULL, street text NOT NULL, postcode text NOT NULL, tax_id text NOT NULL, gln text NOT NULL, duns text NOT NULL, web text NOT NULL, note text NOT NULL, external text NOT NULL, sorted text NOT NULL, block text NOT NULL, state text NOT NULL, into_id text NOT NULL, made_by text NOT NULL, created bigint NOT NULL, changed bigint NOT NULL, version bigint NOT NULL,
  PRIMARY KEY (org_id, id),
  FOREIGN KEY (org_id) REFERENCES org(id)
);
CREATE INDEX customer_block ON customer USING btree (org_id, block) WHERE (block <> ''::text);
CREATE INDEX customer_sorted ON customer USING btree (org_id, state, sorted, id);
CREATE UNIQUE INDEX customer_external ON customer USING btree (org_id, external) WHERE ((external <> ''::text) AND (state = 'active'::text));
CREATE TABLE customer_key (
  org_id text NOT NULL, kind text NOT NULL, value text NOT NULL, customer_id text NOT NULL,
  PRIMARY KEY (org_id, kind, value, customer_id)
);
CREATE INDEX customer_key_customer ON customer_key USING btree (org_id, customer_id, kind, value);
CREATE TABLE customer_merge (
  org_id text NOT NULL, id text NOT NULL, winner_id text NOT NULL, loser_id text NOT NULL, before text NOT NULL, made_by text NOT NULL, made bigint NOT NULL, undone bigint NOT NULL,
  PRIMARY KEY (org_id, id),
  FOREIGN KEY (org_id) REFERENCES org(id)
);
CREATE INDEX customer_merge_winner ON customer_merge USING btree (org_id, winner_id, made);
CREATE TABLE customer_search (
  customer_id text NOT NULL, words tsvector NOT NULL,
  PRIMARY KEY (customer_id)
);
CREATE INDEX customer_search_words ON customer_search USING gin (words);
CREATE TABLE data_file (
  id text NOT NULL, org_id text NOT NULL, kind text NOT NULL, partnership_id text NOT NULL, name text NOT NULL, hash text NOT NULL, size bigint NOT NULL, format text NOT NULL, charset text NOT NULL, delimiter text NOT NULL, sheet text NOT NULL, shape text NOT NULL, mapping text NOT NULL, sample text NOT NULL, head text NOT NULL, state text NOT NULL, problem text NOT NULL, read_to bigint NOT NULL, read_rows bigint NOT NULL, generation bigint NOT NULL, known bigint NOT NULL, lease_by text NOT NULL, lease_until bigint NOT NULL, tries bigint NOT NULL, turn bigint NOT NULL, made bigint NOT NULL, made_by text NOT NULL, changed bigint NOT NULL,
  PRIMARY KEY (id),
  FOREIGN KEY (org_id) REFERENCES org(id)
);
CREATE INDEX data_file_due ON data_file USING btree (turn) WHERE (state = ANY (ARRAY['reading'::text, 'applying'::text]));
CREATE INDEX data_file_hash ON data_file USING btree (hash);
CREATE INDEX data_file_org ON data_file USING btree (org_id, kind, made, id);
CREATE TABLE data_group (
  file_id text NOT NULL, org_id text NOT NULL, grp text NOT NULL, position bigint NOT NULL, lines bigint NOT NULL, outcome text NOT NULL, subject text NOT NULL, label text NOT NULL, problem text NOT NULL,
  PRIMARY KEY (file_id, grp),
  FOREIGN KEY (file_id) REFERENCES data_file(id),
  FOREIGN KEY (org_id) REFERENCES org(id)
);
CREATE INDEX data_group_open ON data_group USING btree (file_id, "position") WHERE (outcome = ''::text);
CREATE INDEX data_group_place ON data_group USING btree (file_id, "position");
CREATE TABLE data_layout (
  org_id text NOT NULL, kind text NOT NULL, shape text NOT NULL, mapping text NOT NULL, changed bigint NOT NULL,
  PRIMARY KEY (org_id, kind, shape),
  FOREIGN KEY (org_id) REFERENCES org(id)
);
CREATE TABLE data_row (
  file_id text NOT NULL, org_id text NOT NULL, row_no bigint NOT NULL, grp text NOT NULL, cells text NOT NULL, fields text NOT NULL, wrong text NOT NULL, doubt text NOT NULL, twice bigint NOT NULL, dropped bigint NOT NULL,
  PRIMARY KEY (file_id, row_no),
  FOREIGN KEY (file_id) REFERENCES data_file(id),
  FOREIGN KEY (org_id) REFERENCES org(id)
);
CREATE INDEX data_row_group ON data_row USING btree (file_id, grp, row_no);
CREATE INDEX data_row_wrong ON data_row USING btree (file_id, row_no) WHERE ((dropped = 0) AND ((wrong <> ''::text) OR (twice = 1)));
CREATE TABLE deal (
  id text NOT NULL, code text NOT NULL, supplier_id text NOT NULL, registrant_id text NOT NULL, fulfiller_id text NOT NULL, partnership_id text NOT NULL, pen text NOT NULL, decision text NOT NULL, supplier_lane text NOT NULL, supplier_due bigint NOT NULL, registrant_lane text NOT NULL, registrant_due bigint NOT NULL, counting boolean NOT NULL, kind text NOT NULL, title text NOT NULL, customer_name text NOT NULL, value bigint NOT NULL, currency text NOT NULL, close_on text NOT NULL, tender text NOT NULL, body text NOT NULL, keys text NOT NULL, block text NOT NULL, families text NOT NULL, private text NOT NULL, external text NOT NULL, account_id text NOT NULL, offer_id text NOT NULL, score bigint NOT NULL, submits bigint NOT NULL, submitted bigint NOT NULL, reviewer text NOT NULL, review_start bigint NOT NULL, review_half bigint NOT NULL, review_most bigint NOT NULL, review_due bigint NOT NULL, reason text NOT NULL, comment text NOT NULL, against_id text NOT NULL, decided bigint NOT NULL, decided_by text NOT NULL, guard_from bigint NOT NULL, guard_until bigint NOT NULL, guard_grace bigint NOT NULL, guard_frozen bigint NOT NULL, guard_halted bigint NOT NULL, extensions bigint NOT NULL, asked bigint NOT NULL, asked_by text NOT NULL, asked_reason text NOT NULL, postponed boolean NOT NULL, share bigint NOT NULL, disputes bigint NOT NULL, ordered bigint NOT NULL, open bigint NOT NULL, invoiced bigint NOT NULL, won bigint NOT NULL, lines bigint NOT NULL, warned bigint NOT NULL, late boolean NOT NULL, holds boolean NOT NULL, next_at bigint NOT NULL, made_by text NOT NULL, created bigint NOT NULL, changed bigint NOT NULL, version bigint NOT NULL, resold bigint NOT NULL,
  UNIQUE (supplier_id, code),
  PRIMARY KEY (id),
  FOREIGN KEY (partnership_id) REFERENCES partnership(id),
  FOREIGN KEY (registrant_id) REFERENCES org(id),
  FOREIGN KEY (supplier_id) REFERENCES org(id)
);
CREATE INDEX deal_account ON deal USING btree (registrant_id, account_id) WHERE (account_id <> ''::text);
CREATE INDEX deal_against ON deal USING btree (registrant_id, against_id) WHERE (against_id <> ''::text);
CREATE INDEX deal_block ON deal USING btree (supplier_id, block, registrant_lane) WHERE (block <> ''::text);
CREATE INDEX deal_counting ON deal USING btree (partnership_id) WHERE counting;
CREATE INDEX deal_earning ON deal USING btree (supplier_id, registrant_id) WHERE (decision = ANY (ARRAY['protected'::text, 'expired'::text, 'registered'::text, 'won'::text]));
CREATE INDEX deal_fulfilled ON deal USING btree (supplier_id, fulfiller_id) WHERE (decision = ANY (ARRAY['protected'::text, 'expired'::text, 'registered'::text, 'won'::text]));
CREATE INDEX deal_fulfiller ON deal USING btree (fulfiller_id, registrant_lane, registrant_due, id) WHERE (fulfiller_id <> ''::text);
CREATE INDEX deal_next ON deal USING btree (next_at, id) WHERE (next_at > 0);
CREATE INDEX deal_partner ON deal USING btree (supplier_id, registrant_id, supplier_lane, supplier_due, id);
CREATE INDEX deal_registrant ON deal USING btree (registrant_id, registrant_lane, registrant_due, id);
CREATE INDEX deal_supplier ON deal USING btree (supplier_id, supplier_lane, supplier_due, id);
CREATE INDEX deal_tender ON deal USING btree (supplier_id, tender) WHERE (tender <> ''::text);
CREATE UNIQUE INDEX deal_external ON deal USING btree (registrant_id, external) WHERE (external <> ''::text);
CREATE UNIQUE INDEX deal_offer ON deal USING btree (offer_id) WHERE (offer_id <> ''::text);
CREATE TABLE deal_dispute (
  id text NOT NULL, supplier_id text NOT NULL, claim_id text NOT NULL, holder_id text NOT NULL, org_id text NOT NULL, person_id text NOT NULL, reason text NOT NULL, text text NOT NULL, decider_id text NOT NULL, due_start bigint NOT NULL, due_half bigint NOT NULL, due_most bigint NOT NULL, due bigint NOT NULL, ruling text NOT NULL, percent bigint NOT NULL, note text NOT NULL, opened bigint NOT NULL, ruled bigint NOT NULL, ruled_by text NOT NULL, evidence text NOT NULL,
  PRIMARY KEY (id)
);
CREATE INDEX deal_dispute_claim ON deal_dispute USING btree (claim_id) WHERE (claim_id <> ''::text);
CREATE INDEX deal_dispute_holder ON deal_dispute USING btree (holder_id) WHERE (holder_id <> ''::text);
CREATE INDEX deal_dispute_open ON deal_dispute USING btree (supplier_id, due) WHERE (ruling = ''::text);
CREATE TABLE deal_entry (
  id text NOT NULL, deal_id text NOT NULL, kind text NOT NULL, org_id text NOT NULL, person_id text NOT NULL, was text NOT NULL, became text NOT NULL, reason text NOT NULL, note text NOT NULL, args text NOT NULL, seen text NOT NULL, happened bigint NOT NULL,
  PRIMARY KEY (id),
  FOREIGN KEY (deal_id) REFERENCES deal(id)
);
CREATE INDEX deal_entry_deal ON deal_entry USING btree (deal_id, happened);
CREATE TABLE deal_file (
  id text NOT NULL, deal_id text NOT NULL, org_id text NOT NULL, person_id text NOT NULL, kind text NOT NULL, name text NOT NULL, size bigint NOT NULL, mime text NOT NULL, hash text NOT NULL, note text NOT NULL, happened bigint NOT NULL,
  PRIMARY KEY (id),
  FOREIGN KEY (deal_id) REFERENCES deal(id)
);
CREATE INDEX deal_file_deal ON deal_file USING btree (deal_id, happened);
CREATE INDEX deal_file_hash ON deal_file USING btree (hash);
CREATE INDEX deal_file_org ON deal_file USING btree (org_id);
CREATE TABLE deal_key (
  supplier_id text NOT NULL, kind text NOT NULL, value text NOT NULL, live boolean NOT NULL, deal_id text NOT NULL,
  PRIMARY KEY (supplier_id, kind, value, live, deal_id),
  FOREIGN KEY (deal_id) REFERENCES deal(id)
);
CREATE INDEX deal_key_deal ON deal_key USING btree (deal_id);
CREATE TABLE deal_line (
  order_id text NOT NULL, line bigint NOT NULL, deal_id text NOT NULL, supplier_id text NOT NULL, number text NOT NULL, basis text NOT NULL, sku text NOT NULL, ordered bigint NOT NULL, open bigint NOT NULL, invoiced bigint NOT NULL, amount bigint NOT NULL, value bigint NOT NULL, counts boolean NOT NULL, why text NOT NULL, happened bigint NOT NULL,
  PRIMARY KEY (order_id, line, deal_id),
  FOREIGN KEY (deal_id) REFERENCES deal(id)
);
CREATE INDEX deal_line_deal ON deal_line USING btree (deal_id, happened);
CREATE INDEX deal_line_resold ON deal_line USING btree (deal_id, sku, invoiced, amount) WHERE (counts AND (basis = 'resale'::text));
CREATE INDEX deal_line_wins ON deal_line USING btree (deal_id, sku, happened, order_id, line, invoiced, amount) WHERE (counts AND (invoiced > 0) AND (basis <> 'resale'::text));
CREATE TABLE deal_place (
  partnership_id text NOT NULL, supplier_id text NOT NULL, reseller_id text NOT NULL, tier text NOT NULL, countries text NOT NULL, families text NOT NULL, changed bigint NOT NULL, changed_by text NOT NULL, version bigint NOT NULL,
  PRIMARY KEY (partnership_id),
  FOREIGN KEY (partnership_id) REFERENCES partnership(id)
);
CREATE INDEX deal_place_supplier ON deal_place USING btree (supplier_id);
CREATE TABLE deal_rival (
  deal_id text NOT NULL, rival_id text NOT NULL, mark text NOT NULL, supplier_id text NOT NULL, found bigint NOT NULL,
  PRIMARY KEY (deal_id, rival_id, mark),
  FOREIGN KEY (deal_id) REFERENCES deal(id)
);
CREATE TABLE deal_search (
  deal_id text NOT NULL, words tsvector NOT NULL,
  PRIMARY KEY (deal_id)
);
CREATE INDEX deal_search_words ON deal_search USING gin (words);
CREATE TABLE deal_similar (
  deal_id text NOT NULL, other_id text NOT NULL, supplier_id text NOT NULL, found bigint NOT NULL,
  PRIMARY KEY (deal_id, other_id),
  FOREIGN KEY (deal_id) REFERENCES deal(id),
  FOREIGN KEY (other_id) REFERENCES deal(id)
);
CREATE INDEX deal_similar_other ON deal_similar USING btree (other_id);
CREATE TABLE deal_terms (
  org_id text NOT NULL, body text NOT NULL, changed bigint NOT NULL, changed_by text NOT NULL, version bigint NOT NULL,
  PRIMARY KEY (org_id),
  FOREIGN KEY (org_id) REFERENCES org(id)
);
CREATE TABLE deal_try (
  registrant_id text NOT NULL, supplier_id text NOT NULL, kind text NOT NULL, value text NOT NULL, happened bigint NOT NULL, deal_id text NOT NULL,
  PRIMARY KEY (registrant_id, supplier_id, kind, value, happened, deal_id),
  FOREIGN KEY (deal_id) REFERENCES deal(id)
);
CREATE TABLE delivery (
  subscriber text NOT NULL, event_id text NOT NULL, object text NOT NULL, position bigint NOT NULL, state text NOT NULL, attempts bigint NOT NULL, next_at bigint NOT NULL, last_error text NOT NULL, done bigint NOT NULL,
  PRIMARY KEY (subscriber, event_id),
  FOREIGN KEY (event_id) REFERENCES event(id)
);
CREATE INDEX delivery_due ON delivery USING btree (subscriber, state, next_at, event_id);
CREATE INDEX delivery_object ON delivery USING btree (subscriber, object, state, "position");
CREATE TABLE dispute (
  id text NOT NULL, number text NOT NULL, invoice_id text NOT NULL, order_id text NOT NULL, supplier_id text NOT NULL, reseller_id text NOT NULL, partnership_id text NOT NULL, reason text NOT NULL, note text NOT NULL, currency text NOT NULL, net bigint NOT NULL, tax bigint NOT NULL, amount bigint NOT NULL, state text NOT NULL, owner_id text NOT NULL, due bigint NOT NULL, overdue bigint NOT NULL, offer text NOT NULL, offer_amount bigint NOT NULL, offer_note text NOT NULL, outcome text NOT NULL, credit_id text NOT NULL, room_id text NOT NULL, thread bigint NOT NULL, opened bigint NOT NULL, opened_by text NOT NULL, closed bigint NOT NULL, closed_by text NOT NULL, closed_org text NOT NULL, version bigint NOT NULL,
  UNIQUE (partnership_id, number),
  PRIMARY KEY (id),
  FOREIGN KEY (invoice_id) REFERENCES invoice(id),
  FOREIGN KEY (partnership_id) REFERENCES partnership(id),
  FOREIGN KEY (reseller_id) REFERENCES org(id),
  FOREIGN KEY (supplier_id) REFERENCES org(id)
);
CREATE INDEX dispute_due ON dispute USING btree (due, id) WHERE ((state <> 'closed'::text) AND (overdue = 0));
CREATE INDEX dispute_invoice ON dispute USING btree (invoice_id, opened);
CREATE INDEX dispute_open ON dispute USING btree (owner_id, due, id) WHERE (state <> 'closed'::text);
CREATE INDEX dispute_reseller ON dispute USING btree (reseller_id, opened, id);
CREATE INDEX dispute_supplier ON dispute USING btree (supplier_id, opened, id);
CREATE TABLE dispute_line (
  dispute_id text NOT NULL, position bigint NOT NULL, line bigint NOT NULL, net bigint NOT NULL,
  PRIMARY KEY (dispute_id, "position"),
  FOREIGN KEY (dispute_id) REFERENCES dispute(id)
);
CREATE TABLE dispute_step (
  id text NOT NULL, dispute_id text NOT NULL, kind text NOT NULL, amount bigint NOT NULL, note text NOT NULL, person_id text NOT NULL, org_id text NOT NULL, made bigint NOT NULL,
  PRIMARY KEY (id),
  FOREIGN KEY (dispute_id) REFERENCES dispute(id)
);
CREATE INDEX dispute_step_dispute ON dispute_step USING btree (dispute_id, made, id);
CREATE TABLE edi_agreement (
  id text NOT NULL, partnership_id text NOT NULL, supplier_id text NOT NULL, reseller_id text NOT NULL, number bigint NOT NULL, state text NOT NULL, valid_from text NOT NULL, starts bigint NOT NULL, applied bigint NOT NULL, body text NOT NULL, hash text NOT NULL, note text NOT NULL, proposed_org text NOT NULL, proposed_by text NOT NULL, proposed bigint NOT NULL, answered_org text NOT NULL, answered_by text NOT NULL, answered bigint NOT NULL, reason text NOT NULL,
  UNIQUE (partnership_id, number),
  PRIMARY KEY (id),
  FOREIGN KEY (reseller_id) REFERENCES org(id),
  FOREIGN KEY (supplier_id) REFERENCES org(id)
);
CREATE INDEX edi_agreement_due ON edi_agreement USING btree (starts, id) WHERE ((state = 'confirmed'::text) AND (applied = 0));
CREATE INDEX edi_agreement_reseller ON edi_agreement USING btree (reseller_id, proposed, id);
CREATE INDEX edi_agreement_supplier ON edi_agreement USING btree (supplier_id, proposed, id);
CREATE UNIQUE INDEX edi_agreement_open ON edi_agreement USING btree (partnership_id) WHERE (state = 'proposed'::text);
CREATE TABLE edi_group (
  interchange_id text NOT NULL, group_no bigint NOT NULL, supplier_id text NOT NULL, reseller_id text NOT NULL, kind text NOT NULL, control text NOT NULL, version text NOT NULL, result text NOT NULL, verdict text NOT NULL, answer_id text NOT NULL,
  PRIMARY KEY (interchange_id, group_no),
  FOREIGN KEY (interchange_id) REFERENCES interchange(id)
);
CREATE TABLE edi_identity (
  org_id text NOT NULL, id text NOT NULL, kind text NOT NULL, qualifier text NOT NULL, value text NOT NULL, created bigint NOT NULL,
  UNIQUE (kind, qualifier, value),
  PRIMARY KEY (org_id, id),
  FOREIGN KEY (org_id) REFERENCES org(id)
);
CREATE TABLE edi_identity_confirmation (
  partnership_id text NOT NULL, org_id text NOT NULL, identity_id text NOT NULL, confirmed_by text NOT NULL, confirmed bigint NOT NULL,
  PRIMARY KEY (partnership_id, org_id, identity_id),
  FOREIGN KEY (partnership_id) REFERENCES partnership(id)
);
CREATE TABLE edi_number (
  interchange_id text NOT NULL, position bigint NOT NULL, value text NOT NULL, supplier_id text NOT NULL, reseller_id text NOT NULL,
  PRIMARY KEY (interchange_id, "position", value),
  FOREIGN KEY (interchange_id) REFERENCES interchange(id)
);
CREATE INDEX edi_number_value ON edi_number USING btree (value text_pattern_ops, interchange_id, supplier_id, reseller_id);
CREATE TABLE edi_patience (
  partnership_id text NOT NULL, org_id text NOT NULL, supplier_id text NOT NULL, reseller_id text NOT NULL, hours bigint NOT NULL, changed bigint NOT NULL, changed_by text NOT NULL, receipt_hours bigint NOT NULL,
  PRIMARY KEY (partnership_id, org_id),
  FOREIGN KEY (org_id) REFERENCES org(id)
);
CREATE TABLE edi_pickup (
  org_id text NOT NULL, source text NOT NULL, name text NOT NULL, size bigint NOT NULL, changed bigint NOT NULL, sha256 text NOT NULL, state text NOT NULL, seen bigint NOT NULL,
  PRIMARY KEY (org_id, source, name),
  FOREIGN KEY (org_id) REFERENCES org(id)
);
CREATE TABLE edi_refusal (
  org_id text NOT NULL, id text NOT NULL, name text NOT NULL, size bigint NOT NULL, data bytea, reason text NOT NULL, args text NOT NULL, made bigint NOT NULL,
  UNIQUE (org_id, name),
  PRIMARY KEY (org_id, id),
  FOREIGN KEY (org_id) REFERENCES org(id)
);
CREATE TABLE edi_remote (
  org_id text NOT NULL, id text NOT NULL, name text NOT NULL, addr text NOT NULL, login text NOT NULL, sealed bytea, host_key text NOT NULL, in_path text NOT NULL, done_path text NOT NULL, out_path text NOT NULL, every bigint NOT NULL, next_at bigint NOT NULL, attempts bigint NOT NULL, fence bigint NOT NULL, last_error text NOT NULL, checked bigint NOT NULL, made_by text NOT NULL, created bigint NOT NULL, network boolean NOT NULL, leaves boolean NOT NULL, held_until bigint NOT NULL,
  UNIQUE (org_id, name),
  PRIMARY KEY (org_id, id),
  FOREIGN KEY (org_id) REFERENCES org(id)
);
CREATE INDEX edi_remote_due ON edi_remote USING btree (next_at);
CREATE TABLE edi_route (
  partnership_id text NOT NULL, org_id text NOT NULL, kind text NOT NULL, supplier_id text NOT NULL, reseller_id text NOT NULL, door text NOT NULL, syntax text NOT NULL, version text NOT NULL, changed bigint NOT NULL, changed_by text NOT NULL, style text NOT NULL,
  PRIMARY KEY (partnership_id, org_id, kind),
  FOREIGN KEY (org_id) REFERENCES org(id),
  FOREIGN KEY (partnership_id) REFERENCES partnership(id)
);
CREATE TABLE edi_said (
  interchange_id text NOT NULL, position bigint NOT NULL, answer_id text NOT NULL, answer_position bigint NOT NULL, supplier_id text NOT NULL, reseller_id text NOT NULL, kind text NOT NULL, verdict text NOT NULL, findings text NOT NULL, at bigint NOT NULL,
  PRIMARY KEY (interchange_id, "position", answer_id, answer_position)
);
CREATE TABLE edi_set (
  interchange_id text NOT NULL, position bigint NOT NULL, supplier_id text NOT NULL, reseller_id text NOT NULL, group_no bigint NOT NULL, group_kind text NOT NULL, group_control text NOT NULL, group_version text NOT NULL, kind text NOT NULL, control text NOT NULL, implementation text NOT NULL, segments bigint NOT NULL, start_at bigint NOT NULL, size bigint NOT NULL, result text NOT NULL, business text NOT NULL, business_key text NOT NULL, document_kind text NOT NULL, document_id text NOT NULL, answered text NOT NULL, findings text NOT NULL, advised text NOT NULL,
  PRIMARY KEY (interchange_id, "position"),
  FOREIGN KEY (interchange_id) REFERENCES interchange(id)
);
CREATE INDEX edi_set_document ON edi_set USING btree (document_kind, document_id);
CREATE INDEX edi_set_group ON edi_set USING btree (supplier_id, reseller_id, group_control);
CREATE INDEX edi_set_key ON edi_set USING btree (business_key text_pattern_ops, interchange_id, supplier_id, reseller_id);
CREATE TABLE edi_share (
  id text NOT NULL, interchange_id text NOT NULL, position bigint NOT NULL, org_id text NOT NULL, token text NOT NULL, note text NOT NULL, made bigint NOT NULL, made_by text NOT NULL, expires bigint NOT NULL, revoked bigint NOT NULL, revoked_by text NOT NULL, opened bigint NOT NULL, opened_at bigint NOT NULL,
  PRIMARY KEY (id),
  FOREIGN KEY (interchange_id) REFERENCES interchange(id),
  FOREIGN KEY (org_id) REFERENCES org(id)
);
CREATE INDEX edi_share_of ON edi_share USING btree (interchange_id, org_id);
CREATE INDEX edi_share_org ON edi_share USING btree (org_id, made);
CREATE UNIQUE INDEX edi_share_token ON edi_share USING btree (token);
CREATE TABLE edi_stage (
  partnership_id text NOT NULL, sender_id text NOT NULL, supplier_id text NOT NULL, reseller_id text NOT NULL, started bigint NOT NULL, started_by text NOT NULL, supplier_yes bigint NOT NULL, supplier_by text NOT NULL, reseller_yes bigint NOT NULL, reseller_by text NOT NULL, live bigint NOT NULL,
  PRIMARY KEY (partnership_id, sender_id),
  FOREIGN KEY (sender_id) REFERENCES org(id)
);
CREATE TABLE edi_submission (
  org_id text NOT NULL, id text NOT NULL, idempotency_key text NOT NULL, sha256 text NOT NULL, answer text NOT NULL, made_by text NOT NULL, received bigint NOT NULL,
  PRIMARY KEY (org_id, id)
);
CREATE UNIQUE INDEX edi_submission_key ON edi_submission USING btree (org_id, idempotency_key) WHERE (idempotency_key <> ''::text);
CREATE TABLE edi_upload (
  org_id text NOT NULL, id text NOT NULL, person_id text NOT NULL, name text NOT NULL, partner text NOT NULL, sha256 text NOT NULL, size bigint NOT NULL, state text NOT NULL, report text NOT NULL, answer text NOT NULL, made bigint NOT NULL, expires bigint NOT NULL,
  PRIMARY KEY (org_id, id)
);
CREATE INDEX edi_upload_expires ON edi_upload USING btree (expires);
CREATE UNIQUE INDEX edi_upload_same ON edi_upload USING btree (org_id, person_id, sha256, partner) WHERE (state = 'waiting'::text);
CREATE TABLE edi_upload_part (
  org_id text NOT NULL, upload_id text NOT NULL, no bigint NOT NULL, data bytea NOT NULL,
  PRIMARY KEY (org_id, upload_id, no)
);
CREATE TABLE edi_wait (
  interchange_id text NOT NULL, partnership_id text NOT NULL, supplier_id text NOT NULL, reseller_id text NOT NULL, sender_id text NOT NULL, started bigint NOT NULL, due bigint NOT NULL, overdue bigint NOT NULL, asked bigint NOT NULL, asked_by text NOT NULL, settled bigint NOT NULL, outcome text NOT NULL, settled_by text NOT NULL, reason text NOT NULL, tell bigint NOT NULL,
  PRIMARY KEY (interchange_id),
  FOREIGN KEY (interchange_id) REFERENCES interchange(id),
  FOREIGN KEY (sender_id) REFERENCES org(id)
);
CREATE INDEX edi_wait_due ON edi_wait USING btree (due, interchange_id) WHERE ((settled = 0) AND (overdue = 0));
CREATE INDEX edi_wait_overdue ON edi_wait USING btree (sender_id, due, interchange_id) WHERE ((settled = 0) AND (overdue > 0));
CREATE INDEX edi_wait_tell ON edi_wait USING btree (tell, interchange_id) WHERE ((settled = 0) AND (tell > 0));
CREATE TABLE engagement (
  id text NOT NULL, owner_id text NOT NULL, number text NOT NULL, source_key text NOT NULL, state text NOT NULL, shown bigint NOT NULL, title text NOT NULL, customer text NOT NULL, purpose text NOT NULL, teaser text NOT NULL, country text NOT NULL, band text NOT NULL, about_kind text NOT NULL, about_id text NOT NULL, about_number text NOT NULL, first_org text NOT NULL, outcome text NOT NULL, comment text NOT NULL, made bigint NOT NULL, made_by text NOT NULL, closed bigint NOT NULL, closed_by text NOT NULL,
  PRIMARY KEY (id),
  FOREIGN KEY (owner_id) REFERENCES org(id)
);
CREATE INDEX engagement_about ON engagement USING btree (owner_id, about_kind, about_id) WHERE (about_id <> ''::text);
CREATE UNIQUE INDEX engagement_number ON engagement USING btree (number);
CREATE UNIQUE INDEX engagement_source ON engagement USING btree (owner_id, source_key) WHERE (source_key <> ''::text);
CREATE TABLE engagement_handover (
  id text NOT NULL, engagement_id text NOT NULL, from_id text NOT NULL, to_id text NOT NULL, what text NOT NULL, note text NOT NULL, due_on text NOT NULL, state text NOT NULL, made bigint NOT NULL, made_by text NOT NULL, answered bigint NOT NULL, answered_by text NOT NULL, comment text NOT NULL,
  PRIMARY KEY (id),
  FOREIGN KEY (engagement_id) REFERENCES engagement(id),
  FOREIGN KEY (from_id) REFERENCES org(id),
  FOREIGN KEY (to_id) REFERENCES org(id)
);
CREATE INDEX engagement_handover_of ON engagement_handover USING btree (engagement_id, made);
CREATE TABLE engagement_party (
  split_id text NOT NULL, org_id text NOT NULL, engagement_id text NOT NULL, part bigint NOT NULL, hash text NOT NULL, number bigint NOT NULL, state text NOT NULL, answered bigint NOT NULL, answered_by text NOT NULL, comment text NOT NULL,
  PRIMARY KEY (split_id, org_id),
  FOREIGN KEY (engagement_id) REFERENCES engagement(id),
  FOREIGN KEY (org_id) REFERENCES org(id),
  FOREIGN KEY (split_id) REFERENCES engagement_split(id),
  CHECK (((part >= 0) AND (part <= 10000)))
);
CREATE INDEX engagement_party_of ON engagement_party USING btree (engagement_id);
CREATE TABLE engagement_reader (
  snapshot_id text NOT NULL, org_id text NOT NULL, engagement_id text NOT NULL, from_id text NOT NULL, rev bigint NOT NULL, made bigint NOT NULL,
  PRIMARY KEY (snapshot_id, org_id),
  FOREIGN KEY (engagement_id) REFERENCES engagement(id),
  FOREIGN KEY (from_id) REFERENCES org(id),
  FOREIGN KEY (org_id) REFERENCES org(id),
  FOREIGN KEY (snapshot_id) REFERENCES engagement_snapshot(id)
);
CREATE UNIQUE INDEX engagement_reader_rev ON engagement_reader USING btree (engagement_id, from_id, org_id, rev);
CREATE TABLE engagement_search (
  seat_id text NOT NULL, words tsvector NOT NULL,
  PRIMARY KEY (seat_id)
);
CREATE INDEX engagement_search_words ON engagement_search USING gin (words);
CREATE TABLE engagement_seat (
  id text NOT NULL, engagement_id text NOT NULL, org_id text NOT NULL, owner_id text NOT NULL, role text NOT NULL, state text NOT NULL, lane text NOT NULL, supplies bigint NOT NULL, message text NOT NULL, invited bigint NOT NULL, invited_by text NOT NULL, answered bigint NOT NULL, answered_by text NOT NULL, joined bigint NOT NULL, left_at bigint NOT NULL, reason text NOT NULL, comment text NOT NULL, changed bigint NOT NULL, due bigint NOT NULL, teaser text NOT NULL, country text NOT NULL, band text NOT NULL, shown bigint NOT NULL, warned bigint NOT NULL,
  PRIMARY KEY (id),
  FOREIGN KEY (engagement_id) REFERENCES engagement(id),
  FOREIGN KEY (org_id) REFERENCES org(id),
  FOREIGN KEY (owner_id) REFERENCES org(id)
);
CREATE INDEX engagement_seat_all ON engagement_seat USING btree (org_id, changed, id);
CREATE INDEX engagement_seat_due ON engagement_seat USING btree (due, id) WHERE (due > 0);
CREATE INDEX engagement_seat_lane ON engagement_seat USING btree (org_id, lane, changed, id);
CREATE INDEX engagement_seat_owner ON engagement_seat USING btree (owner_id, org_id);
CREATE UNIQUE INDEX engagement_seat_org ON engagement_seat USING btree (engagement_id, org_id);
CREATE TABLE engagement_section (
  engagement_id text NOT NULL, org_id text NOT NULL, body text NOT NULL, version bigint NOT NULL, changed bigint NOT NULL, changed_by text NOT NULL,
  PRIMARY KEY (engagement_id, org_id),
  FOREIGN KEY (engagement_id) REFERENCES engagement(id),
  FOREIGN KEY (org_id) REFERENCES org(id)
);
CREATE TABLE engagement_snapshot (
  id text NOT NULL, engagement_id text NOT NULL, org_id text NOT NULL, body text NOT NULL, hash text NOT NULL, made bigint NOT NULL, made_by text NOT NULL,
  PRIMARY KEY (id),
  FOREIGN KEY (engagement_id) REFERENCES engagement(id),
  FOREIGN KEY (org_id) REFERENCES org(id)
);
CREATE INDEX engagement_snapshot_of ON engagement_snapshot USING btree (engagement_id, org_id, made);
CREATE TRIGGER engagement_snapshot_fixed BEFORE UPDATE ON engagement_snapshot FOR EACH ROW EXECUTE FUNCTION engagement_snapshot_fixed();
CREATE TABLE engagement_split (
  id text NOT NULL, engagement_id text NOT NULL, number bigint NOT NULL, state text NOT NULL, body text NOT NULL, note text NOT NULL, hash text NOT NULL, made bigint NOT NULL, made_by text NOT NULL, made_org text NOT NULL, agreed bigint NOT NULL,
  PRIMARY KEY (id),
  FOREIGN KEY (engagement_id) REFERENCES engagement(id),
  FOREIGN KEY (made_org) REFERENCES org(id)
);
CREATE UNIQUE INDEX engagement_split_agreed ON engagement_split USING btree (engagement_id) WHERE (state = 'agreed'::text);
CREATE UNIQUE INDEX engagement_split_number ON engagement_split USING btree (engagement_id, number);
CREATE UNIQUE INDEX engagement_split_open ON engagement_split USING btree (engagement_id) WHERE (state = 'open'::text);
CREATE TABLE engagement_task (
  id text NOT NULL, engagement_id text NOT NULL, org_id text NOT NULL, person_id text NOT NULL, title text NOT NULL, due_on text NOT NULL, done bigint NOT NULL, done_by text NOT NULL, made_org text NOT NULL, made_by text NOT NULL, made bigint NOT NULL,
  PRIMARY KEY (id),
  FOREIGN KEY (engagement_id) REFERENCES engagement(id),
  FOREIGN KEY (made_org) REFERENCES org(id),
  FOREIGN KEY (org_id) REFERENCES org(id)
);
CREATE INDEX engagement_task_of ON engagement_task USING btree (engagement_id, made);
CREATE TABLE engagement_template (
  id text NOT NULL, org_id text NOT NULL, name text NOT NULL, fields text NOT NULL, made bigint NOT NULL, made_by text NOT NULL,
  PRIMARY KEY (id),
  FOREIGN KEY (org_id) REFERENCES org(id)
);
CREATE UNIQUE INDEX engagement_template_name ON engagement_template USING btree (org_id, name);
CREATE TABLE event (
  id text NOT NULL, kind text NOT NULL, version bigint NOT NULL, orgs text NOT NULL, object text NOT NULL, position bigint NOT NULL, payload text NOT NULL, happened bigint NOT NULL,
  PRIMARY KEY (id)
);
CREATE INDEX event_object ON event USING btree (object, "position");
CREATE TABLE forum_ballot (
  topic_id text NOT NULL, person_id text NOT NULL, org_id text NOT NULL, choices text NOT NULL, made bigint NOT NULL,
  PRIMARY KEY (topic_id, person_id),
  FOREIGN KEY (org_id) REFERENCES org(id),
  FOREIGN KEY (person_id) REFERENCES person(id),
  FOREIGN KEY (topic_id) REFERENCES forum_topic(id)
);
CREATE TABLE forum_category (
  id text NOT NULL, owner_id text NOT NULL, name text NOT NULL, about text NOT NULL, open bigint NOT NULL, closed bigint NOT NULL, made bigint NOT NULL, made_by text NOT NULL,
  UNIQUE (owner_id, name),
  PRIMARY KEY (id),
  FOREIGN KEY (owner_id) REFERENCES org(id)
);
CREATE TABLE forum_file (
  id text NOT NULL, category_id text NOT NULL, topic_id text NOT NULL, post_id text NOT NULL, org_id text NOT NULL, person_id text NOT NULL, name text NOT NULL, type text NOT NULL, size bigint NOT NULL, hash text NOT NULL, made bigint NOT NULL, removed bigint NOT NULL,
  PRIMARY KEY (id),
  FOREIGN KEY (category_id) REFERENCES forum_category(id),
  FOREIGN KEY (org_id) REFERENCES org(id),
  FOREIGN KEY (person_id) REFERENCES person(id)
);
CREATE INDEX forum_file_hash ON forum_file USING btree (hash);
CREATE INDEX forum_file_org ON forum_file USING btree (org_id);
CREATE INDEX forum_file_person ON forum_file USING btree (person_id, made) WHERE (topic_id = ''::text);
CREATE INDEX forum_file_topic ON forum_file USING btree (topic_id, post_id);
CREATE TABLE forum_flag (
  id text NOT NULL, category_id text NOT NULL, topic_id text NOT NULL, post_id text NOT NULL, org_id text NOT NULL, person_id text NOT NULL, reason text NOT NULL, state text NOT NULL, made bigint NOT NULL, decided bigint NOT NULL, decided_by text NOT NULL,
  UNIQUE (topic_id, post_id, person_id),
  PRIMARY KEY (id),
  FOREIGN KEY (category_id) REFERENCES forum_category(id),
  FOREIGN KEY (topic_id) REFERENCES forum_topic(id)
);
CREATE INDEX forum_flag_open ON forum_flag USING btree (category_id, made) WHERE (state = 'open'::text);
CREATE TABLE forum_nda (
  category_id text NOT NULL, number bigint NOT NULL, body text NOT NULL, hash text NOT NULL, made bigint NOT NULL, made_by text NOT NULL,
  PRIMARY KEY (category_id, number),
  FOREIGN KEY (category_id) REFERENCES forum_category(id)
);
CREATE TABLE forum_nda_accept (
  category_id text NOT NULL, number bigint NOT NULL, org_id text NOT NULL, person_id text NOT NULL, at bigint NOT NULL,
  PRIMARY KEY (category_id, number, org_id, person_id),
  FOREIGN KEY (category_id) REFERENCES forum_category(id),
  FOREIGN KEY (org_id) REFERENCES org(id),
  FOREIGN KEY (person_id) REFERENCES person(id)
);
CREATE INDEX forum_nda_accept_person ON forum_nda_accept USING btree (person_id, org_id, category_id);
CREATE TABLE forum_post (
  id text NOT NULL, topic_id text NOT NULL, org_id text NOT NULL, person_id text NOT NULL, client_key text NOT NULL, body text NOT NULL, made bigint NOT NULL, edited bigint NOT NULL, removed bigint NOT NULL, removed_by text NOT NULL, via text NOT NULL,
  UNIQUE (person_id, client_key),
  PRIMARY KEY (id),
  FOREIGN KEY (org_id) REFERENCES org(id),
  FOREIGN KEY (person_id) REFERENCES person(id),
  FOREIGN KEY (topic_id) REFERENCES forum_topic(id)
);
CREATE INDEX forum_post_topic ON forum_post USING btree (topic_id, made, id);
CREATE TABLE forum_search (
  topic_id text NOT NULL, words tsvector NOT NULL,
  PRIMARY KEY (topic_id)
);
CREATE INDEX forum_search_words ON forum_search USING gin (words);
CREATE TABLE forum_seat (
  category_id text NOT NULL, org_id text NOT NULL, may_reply bigint NOT NULL, may_create bigint NOT NULL, agreed bigint NOT NULL, agreed_by text NOT NULL, added bigint NOT NULL, by_tier bigint NOT NULL,
  PRIMARY KEY (category_id, org_id),
  FOREIGN KEY (category_id) REFERENCES forum_category(id),
  FOREIGN KEY (org_id) REFERENCES org(id)
);
CREATE INDEX forum_seat_org ON forum_seat USING btree (org_id, category_id);
CREATE TABLE forum_tier (
  category_id text NOT NULL, tier text NOT NULL, may_reply bigint NOT NULL, may_create bigint NOT NULL,
  PRIMARY KEY (category_id, tier),
  FOREIGN KEY (category_id) REFERENCES forum_category(id)
);
CREATE TABLE forum_topic (
  id text NOT NULL, category_id text NOT NULL, kind text NOT NULL, org_id text NOT NULL, person_id text NOT NULL, client_key text NOT NULL, title text NOT NULL, body text NOT NULL, tags text NOT NULL, state text NOT NULL, survey text NOT NULL, accepted text NOT NULL, replies bigint NOT NULL, active bigint NOT NULL, made bigint NOT NULL, edited bigint NOT NULL, removed bigint NOT NULL, removed_by text NOT NULL, nda bigint NOT NULL, moved bigint NOT NULL,
  UNIQUE (person_id, client_key),
  PRIMARY KEY (id),
  FOREIGN KEY (category_id) REFERENCES forum_category(id),
  FOREIGN KEY (org_id) REFERENCES org(id),
  FOREIGN KEY (person_id) REFERENCES person(id)
);
CREATE INDEX forum_topic_active ON forum_topic USING btree (category_id, active, id);
CREATE TABLE forum_vote (
  topic_id text NOT NULL, post_id text NOT NULL, person_id text NOT NULL, org_id text NOT NULL, made bigint NOT NULL,
  PRIMARY KEY (topic_id, post_id, person_id),
  FOREIGN KEY (org_id) REFERENCES org(id),
  FOREIGN KEY (person_id) REFERENCES person(id),
  FOREIGN KEY (topic_id) REFERENCES forum_topic(id)
);
CREATE TABLE forum_watch (
  topic_id text NOT NULL, person_id text NOT NULL, org_id text NOT NULL, level text NOT NULL, seen bigint NOT NULL,
  PRIMARY KEY (topic_id, person_id, org_id),
  FOREIGN KEY (org_id) REFERENCES org(id),
  FOREIGN KEY (person_id) REFERENCES person(id),
  FOREIGN KEY (topic_id) REFERENCES forum_topic(id)
);
CREATE INDEX forum_watch_person ON forum_watch USING btree (person_id, org_id);
CREATE TABLE fund_account (
  id text NOT NULL, program_id text NOT NULL, owner_id text NOT NULL, org_id text NOT NULL, kind text NOT NULL, ref text NOT NULL, currency text NOT NULL, balance bigint NOT NULL,
  UNIQUE (program_id, org_id, kind, ref, currency),
  PRIMARY KEY (id),
  FOREIGN KEY (owner_id) REFERENCES org(id),
  FOREIGN KEY (program_id) REFERENCES fund_program(id),
  CHECK (((balance >= '-100000000000000000'::bigint) AND (balance <= '100000000000000000'::bigint))),
  CHECK (((balance >= 0) OR (kind = ANY (ARRAY['source'::text, 'owed'::text]))))
);
CREATE INDEX fund_account_org ON fund_account USING btree (org_id, owner_id, currency);
CREATE TABLE fund_budget (
  program_id text NOT NULL, currency text NOT NULL, owner_id text NOT NULL, four_eyes bigint NOT NULL,
  PRIMARY KEY (program_id, currency),
  FOREIGN KEY (owner_id) REFERENCES org(id),
  FOREIGN KEY (program_id) REFERENCES fund_program(id)
);
CREATE TABLE fund_claim (
  id text NOT NULL, program_id text NOT NULL, request_id text NOT NULL, owner_id text NOT NULL, org_id text NOT NULL, partnership_id text NOT NULL, number text NOT NULL, state text NOT NULL, nature text NOT NULL, title text NOT NULL, currency text NOT NULL, asked bigint NOT NULL, approved bigint NOT NULL, settled bigint NOT NULL, pending bigint NOT NULL, proof text NOT NULL, deducted text NOT NULL, note text NOT NULL, reason text NOT NULL, first_by text NOT NULL, first_mark text NOT NULL, source text NOT NULL, source_key text NOT NULL, made bigint NOT NULL, made_by text NOT NULL, submitted bigint NOT NULL, submitted_by text NOT NULL, decided bigint NOT NULL, decided_by text NOT NULL, changed bigint NOT NULL, version bigint NOT NULL, next_at bigint NOT NULL,
  PRIMARY KEY (id),
  FOREIGN KEY (org_id) REFERENCES org(id),
  FOREIGN KEY (owner_id) REFERENCES org(id),
  FOREIGN KEY (partnership_id) REFERENCES partnership(id),
  FOREIGN KEY (program_id) REFERENCES fund_program(id)
);
CREATE INDEX fund_claim_due ON fund_claim USING btree (next_at, id) WHERE (next_at > 0);
CREATE INDEX fund_claim_org ON fund_claim USING btree (org_id, state, changed, id);
CREATE INDEX fund_claim_owner ON fund_claim USING btree (owner_id, state, changed, id);
CREATE INDEX fund_claim_pending ON fund_claim USING btree (owner_id, org_id) WHERE (pending > 0);
CREATE INDEX fund_claim_request ON fund_claim USING btree (request_id, state) WHERE (request_id <> ''::text);
CREATE UNIQUE INDEX fund_claim_number ON fund_claim USING btree (owner_id, org_id, number);
CREATE UNIQUE INDEX fund_claim_source ON fund_claim USING btree (owner_id, org_id, source_key) WHERE (source_key <> ''::text);
CREATE TABLE fund_claim_line (
  claim_id text NOT NULL, position bigint NOT NULL, owner_id text NOT NULL, org_id text NOT NULL, line_key text NOT NULL, live bigint NOT NULL, text text NOT NULL, sku text NOT NULL, on_day text NOT NULL, quantity bigint NOT NULL, price bigint NOT NULL, asked bigint NOT NULL, approved bigint NOT NULL, verdict text NOT NULL, reason text NOT NULL, missing text NOT NULL, due_on text NOT NULL, order_id text NOT NULL, order_line bigint NOT NULL, back bigint NOT NULL, back_of text NOT NULL, back_line bigint NOT NULL,
  PRIMARY KEY (claim_id, "position"),
  FOREIGN KEY (claim_id) REFERENCES fund_claim(id),
  FOREIGN KEY (org_id) REFERENCES org(id),
  FOREIGN KEY (owner_id) REFERENCES org(id)
);
CREATE UNIQUE INDEX fund_claim_line_key ON fund_claim_line USING btree (owner_id, org_id, line_key) WHERE ((live = 1) AND (line_key <> ''::text));
CREATE TABLE fund_claim_part (
  claim_id text NOT NULL, position bigint NOT NULL, part bigint NOT NULL, owner_id text NOT NULL, org_id text NOT NULL, order_id text NOT NULL, order_line bigint NOT NULL, amount bigint NOT NULL,
  PRIMARY KEY (claim_id, "position", part),
  FOREIGN KEY (claim_id) REFERENCES fund_claim(id),
  FOREIGN KEY (org_id) REFERENCES org(id),
  FOREIGN KEY (owner_id) REFERENCES org(id)
);
CREATE TABLE fund_claim_thread (
  claim_id text NOT NULL, mark text NOT NULL, owner_id text NOT NULL, org_id text NOT NULL, said text NOT NULL, room_id text NOT NULL, thread bigint NOT NULL, opened bigint NOT NULL, opened_by text NOT NULL,
  PRIMARY KEY (claim_id, mark),
  FOREIGN KEY (claim_id) REFERENCES fund_claim(id),
  FOREIGN KEY (org_id) REFERENCES org(id),
  FOREIGN KEY (owner_id) REFERENCES org(id)
);
CREATE TABLE fund_entry (
  id text NOT NULL, program_id text NOT NULL, owner_id text NOT NULL, org_id text NOT NULL, kind text NOT NULL, currency text NOT NULL, amount bigint NOT NULL, subject_kind text NOT NULL, subject_id text NOT NULL, text text NOT NULL, reverses text NOT NULL, person_id text NOT NULL, acted_id text NOT NULL, happened bigint NOT NULL, source_key text NOT NULL, step text NOT NULL,
  PRIMARY KEY (id),
  FOREIGN KEY (owner_id) REFERENCES org(id),
  FOREIGN KEY (program_id) REFERENCES fund_program(id),
  CHECK ((amount > 0))
);
CREATE INDEX fund_entry_org ON fund_entry USING btree (org_id, owner_id, happened, id);
CREATE INDEX fund_entry_program ON fund_entry USING btree (program_id, happened, id);
CREATE UNIQUE INDEX fund_entry_reverses ON fund_entry USING btree (reverses) WHERE (reverses <> ''::text);
CREATE UNIQUE INDEX fund_entry_source ON fund_entry USING btree (program_id, source_key) WHERE (source_key <> ''::text);
CREATE TRIGGER fund_entry_guard BEFORE DELETE OR UPDATE ON fund_entry FOR EACH ROW EXECUTE FUNCTION fund_guard();
CREATE TRIGGER fund_entry_no_truncate BEFORE TRUNCATE ON fund_entry FOR EACH STATEMENT EXECUTE FUNCTION fund_guard();
CREATE TABLE fund_file (
  id text NOT NULL, subject_kind text NOT NULL, subject_id text NOT NULL, owner_id text NOT NULL, org_id text NOT NULL, item text NOT NULL, name text NOT NULL, mime text NOT NULL, size bigint NOT NULL, hash text NOT NULL, made bigint NOT NULL, made_by text NOT NULL, verdict text NOT NULL, reason text NOT NULL, judged bigint NOT NULL, judged_by text NOT NULL,
  PRIMARY KEY (id),
  FOREIGN KEY (org_id) REFERENCES org(id),
  FOREIGN KEY (owner_id) REFERENCES org(id)
);
CREATE INDEX fund_file_hash ON fund_file USING btree (hash);
CREATE INDEX fund_file_org ON fund_file USING btree (org_id);
CREATE INDEX fund_file_subject ON fund_file USING btree (subject_id, made, id);
CREATE TABLE fund_four_eyes (
  owner_id text NOT NULL, kind text NOT NULL, currency text NOT NULL, amount bigint NOT NULL, changed bigint NOT NULL, changed_by text NOT NULL,
  PRIMARY KEY (owner_id, kind, currency),
  FOREIGN KEY (owner_id) REFERENCES org(id)
);
CREATE TABLE fund_limit (
  owner_id text NOT NULL, person_id text NOT NULL, currency text NOT NULL, amount bigint NOT NULL, changed bigint NOT NULL, changed_by text NOT NULL,
  PRIMARY KEY (owner_id, person_id, currency),
  FOREIGN KEY (owner_id) REFERENCES org(id)
);
CREATE TABLE fund_log (
  id text NOT NULL, subject_id text NOT NULL, kind text NOT NULL, org_id text NOT NULL, person_id text NOT NULL, amount bigint NOT NULL, currency text NOT NULL, text text NOT NULL, happened bigint NOT NULL,
  PRIMARY KEY (id)
);
CREATE INDEX fund_log_subject ON fund_log USING btree (subject_id, happened, id);
CREATE TABLE fund_lot (
  id text NOT NULL, program_id text NOT NULL, rule_id text NOT NULL, owner_id text NOT NULL, org_id text NOT NULL, invoice_id text NOT NULL, invoice_number text NOT NULL, position bigint NOT NULL, order_line bigint NOT NULL, sku text NOT NULL, currency text NOT NULL, net bigint NOT NULL, rate bigint NOT NULL, earned bigint NOT NULL, remaining bigint NOT NULL, taken bigint NOT NULL, lapsed bigint NOT NULL, earned_on text NOT NULL, lapses_at bigint NOT NULL, lapses_on text NOT NULL, made bigint NOT NULL, order_id text NOT NULL,
  UNIQUE (rule_id, invoice_id, "position"),
  PRIMARY KEY (id),
  FOREIGN KEY (org_id) REFERENCES org(id),
  FOREIGN KEY (owner_id) REFERENCES org(id),
  FOREIGN KEY (program_id) REFERENCES fund_program(id),
  FOREIGN KEY (rule_id) REFERENCES fund_rule(id),
  CHECK (((remaining >= 0) AND (taken >= 0) AND (taken <= earned)))
);
CREATE INDEX fund_lot_invoice ON fund_lot USING btree (invoice_id, org_id);
CREATE INDEX fund_lot_lapse ON fund_lot USING btree (lapses_at, id) WHERE (remaining > 0);
CREATE INDEX fund_lot_left ON fund_lot USING btree (program_id, org_id, earned_on, id) WHERE (remaining > 0);
CREATE TABLE fund_lot_back (
  lot_id text NOT NULL, credit_id text NOT NULL, position bigint NOT NULL, owner_id text NOT NULL, amount bigint NOT NULL,
  PRIMARY KEY (lot_id, credit_id, "position"),
  FOREIGN KEY (lot_id) REFERENCES fund_lot(id),
  FOREIGN KEY (owner_id) REFERENCES org(id)
);
CREATE TABLE fund_off_plan (
  id text NOT NULL, program_id text NOT NULL, owner_id text NOT NULL, org_id text NOT NULL, partnership_id text NOT NULL, currency text NOT NULL, amount bigint NOT NULL, reason text NOT NULL, source_key text NOT NULL, state text NOT NULL, asked bigint NOT NULL, asked_by text NOT NULL, decided bigint NOT NULL, decided_by text NOT NULL,
  PRIMARY KEY (id),
  FOREIGN KEY (org_id) REFERENCES org(id),
  FOREIGN KEY (owner_id) REFERENCES org(id),
  FOREIGN KEY (partnership_id) REFERENCES partnership(id),
  FOREIGN KEY (program_id) REFERENCES fund_program(id),
  CHECK ((asked_by <> decided_by))
);
CREATE INDEX fund_off_plan_program ON fund_off_plan USING btree (program_id, asked, id);
CREATE UNIQUE INDEX fund_off_plan_key ON fund_off_plan USING btree (program_id, source_key) WHERE (source_key <> ''::text);
CREATE TABLE fund_post (
  entry_id text NOT NULL, position bigint NOT NULL, account_id text NOT NULL, amount bigint NOT NULL,
  PRIMARY KEY (entry_id, "position"),
  FOREIGN KEY (account_id) REFERENCES fund_account(id),
  FOREIGN KEY (entry_id) REFERENCES fund_entry(id),
  CHECK ((amount <> 0))
);
CREATE INDEX fund_post_account ON fund_post USING btree (account_id, entry_id);
CREATE TRIGGER fund_post_guard BEFORE DELETE OR UPDATE ON fund_post FOR EACH ROW EXECUTE FUNCTION fund_guard();
CREATE TRIGGER fund_post_no_truncate BEFORE TRUNCATE ON fund_post FOR EACH STATEMENT EXECUTE FUNCTION fund_guard();
CREATE TABLE fund_program (
  id text NOT NULL, owner_id text NOT NULL, number text NOT NULL, title text NOT NULL, kind text NOT NULL, state text NOT NULL, about text NOT NULL, from_on text NOT NULL, until_on text NOT NULL, zone text NOT NULL, claim_days bigint NOT NULL, share bigint NOT NULL, proof text NOT NULL, subject_id text NOT NULL, made bigint NOT NULL, made_by text NOT NULL, changed bigint NOT NULL, version bigint NOT NULL, countries text NOT NULL, part bigint NOT NULL, part_currency text NOT NULL, alternative text NOT NULL, announced bigint NOT NULL,
  PRIMARY KEY (id),
  FOREIGN KEY (owner_id) REFERENCES org(id)
);
CREATE INDEX fund_program_announced ON fund_program USING btree (owner_id, id) WHERE (announced > 0);
CREATE INDEX fund_program_owner ON fund_program USING btree (owner_id, made, id);
CREATE UNIQUE INDEX fund_program_subject ON fund_program USING btree (owner_id, subject_id) WHERE (subject_id <> ''::text);
CREATE TABLE fund_request (
  id text NOT NULL, program_id text NOT NULL, owner_id text NOT NULL, org_id text NOT NULL, partnership_id text NOT NULL, number text NOT NULL, state text NOT NULL, title text NOT NULL, activity text NOT NULL, about text NOT NULL, from_on text NOT NULL, until_on text NOT NULL, currency text NOT NULL, cost bigint NOT NULL, asked bigint NOT NULL, approved bigint NOT NULL, claim_by text NOT NULL, proof text NOT NULL, reason text NOT NULL, first_by text NOT NULL, first_mark text NOT NULL, made bigint NOT NULL, made_by text NOT NULL, submitted bigint NOT NULL, submitted_by text NOT NULL, decided bigint NOT NULL, decided_by text NOT NULL, next_at bigint NOT NULL, changed bigint NOT NULL, version bigint NOT NULL, source_key text NOT NULL,
  PRIMARY KEY (id),
  FOREIGN KEY (org_id) REFERENCES org(id),
  FOREIGN KEY (owner_id) REFERENCES org(id),
  FOREIGN KEY (partnership_id) REFERENCES partnership(id),
  FOREIGN KEY (program_id) REFERENCES fund_program(id)
);
CREATE INDEX fund_request_due ON fund_request USING btree (next_at, id) WHERE (next_at > 0);
CREATE INDEX fund_request_org ON fund_request USING btree (org_id, state, changed, id);
CREATE INDEX fund_request_owner ON fund_request USING btree (owner_id, state, changed, id);
CREATE UNIQUE INDEX fund_request_source ON fund_request USING btree (program_id, org_id, source_key) WHERE (source_key <> ''::text);
CREATE TABLE fund_rule (
  id text NOT NULL, program_id text NOT NULL, owner_id text NOT NULL, rate bigint NOT NULL, skus text NOT NULL, from_on text NOT NULL, until_on text NOT NULL, days bigint NOT NULL, made bigint NOT NULL, made_by text NOT NULL, ended bigint NOT NULL, tiers text NOT NULL, reach text NOT NULL, close_days bigint NOT NULL, families text NOT NULL, fixed bigint NOT NULL, within text NOT NULL,
  PRIMARY KEY (id),
  FOREIGN KEY (owner_id) REFERENCES org(id),
  FOREIGN KEY (program_id) REFERENCES fund_program(id)
);
CREATE INDEX fund_rule_owner ON fund_rule USING btree (owner_id, ended);
CREATE INDEX fund_rule_program ON fund_rule USING btree (program_id, made, id);
CREATE TABLE fund_seat (
  program_id text NOT NULL, org_id text NOT NULL, owner_id text NOT NULL, partnership_id text NOT NULL, currency text NOT NULL, added bigint NOT NULL, title text NOT NULL, from_on text NOT NULL, until_on text NOT NULL, zone text NOT NULL, claim_days bigint NOT NULL, proof text NOT NULL,
  PRIMARY KEY (program_id, org_id),
  FOREIGN KEY (org_id) REFERENCES org(id),
  FOREIGN KEY (owner_id) REFERENCES org(id),
  FOREIGN KEY (partnership_id) REFERENCES partnership(id),
  FOREIGN KEY (program_id) REFERENCES fund_program(id)
);
CREATE INDEX fund_seat_org ON fund_seat USING btree (org_id, program_id);
CREATE TABLE fund_settlement (
  id text NOT NULL, claim_id text NOT NULL, owner_id text NOT NULL, org_id text NOT NULL, kind text NOT NULL, reference text NOT NULL, currency text NOT NULL, amount bigint NOT NULL, tax_rate bigint NOT NULL, tax bigint NOT NULL, on_day text NOT NULL, made bigint NOT NULL, made_by text NOT NULL, entry_id text NOT NULL, reversed bigint NOT NULL, reconciled bigint NOT NULL, reconciled_by text NOT NULL, external text NOT NULL,
  PRIMARY KEY (id),
  FOREIGN KEY (claim_id) REFERENCES fund_claim(id),
  FOREIGN KEY (org_id) REFERENCES org(id),
  FOREIGN KEY (owner_id) REFERENCES org(id)
);
CREATE INDEX fund_settlement_claim ON fund_settlement USING btree (claim_id, made, id);
CREATE INDEX fund_settlement_offset ON fund_settlement USING btree (owner_id, org_id, claim_id) WHERE ((kind = 'offset'::text) AND (reversed = 0));
CREATE UNIQUE INDEX fund_settlement_reference ON fund_settlement USING btree (owner_id, org_id, kind, reference, claim_id) WHERE ((reversed = 0) AND (kind <> 'offset'::text));
CREATE TABLE fund_told (
  program_id text NOT NULL, org_id text NOT NULL, owner_id text NOT NULL, partnership_id text NOT NULL, told bigint NOT NULL,
  PRIMARY KEY (program_id, org_id),
  FOREIGN KEY (org_id) REFERENCES org(id),
  FOREIGN KEY (owner_id) REFERENCES org(id),
  FOREIGN KEY (partnership_id) REFERENCES partnership(id),
  FOREIGN KEY (program_id) REFERENCES fund_program(id)
);
CREATE TABLE fund_volume (
  rule_id text NOT NULL, org_id text NOT NULL, program_id text NOT NULL, owner_id text NOT NULL, currency text NOT NULL, volume bigint NOT NULL, earned bigint NOT NULL, changed bigint NOT NULL, close_at bigint NOT NULL, closed bigint NOT NULL,
  PRIMARY KEY (rule_id, org_id),
  FOREIGN KEY (org_id) REFERENCES org(id),
  FOREIGN KEY (owner_id) REFERENCES org(id),
  FOREIGN KEY (program_id) REFERENCES fund_program(id),
  FOREIGN KEY (rule_id) REFERENCES fund_rule(id),
  CHECK (((volume >= 0) AND (earned >= 0)))
);
CREATE INDEX fund_volume_close ON fund_volume USING btree (close_at, rule_id, org_id) WHERE (closed = 0);
CREATE INDEX fund_volume_seat ON fund_volume USING btree (program_id, org_id);
CREATE TABLE fund_volume_line (
  rule_id text NOT NULL, document_id text NOT NULL, position bigint NOT NULL, org_id text NOT NULL, invoice_id text NOT NULL, order_id text NOT NULL, line bigint NOT NULL, net bigint NOT NULL, back bigint NOT NULL,
  PRIMARY KEY (rule_id, document_id, "position"),
  FOREIGN KEY (rule_id) REFERENCES fund_rule(id)
);
CREATE INDEX fund_volume_invoice ON fund_volume_line USING btree (rule_id, invoice_id);
CREATE TABLE goods_return (
  id text NOT NULL, order_id text NOT NULL, supplier_id text NOT NULL, reseller_id text NOT NULL, partnership_id text NOT NULL, number text NOT NULL, rma text NOT NULL, state text NOT NULL, note text NOT NULL, answer text NOT NULL, source text NOT NULL, source_key text NOT NULL, interchange_id text NOT NULL, set_no bigint NOT NULL, asked bigint NOT NULL, asked_by text NOT NULL, decided bigint NOT NULL, decided_by text NOT NULL, arrived bigint NOT NULL, arrived_by text NOT NULL, credited bigint NOT NULL,
  PRIMARY KEY (id),
  FOREIGN KEY (order_id) REFERENCES purchase_order(id),
  FOREIGN KEY (partnership_id) REFERENCES partnership(id),
  FOREIGN KEY (reseller_id) REFERENCES org(id),
  FOREIGN KEY (supplier_id) REFERENCES org(id)
);
CREATE INDEX goods_return_order ON goods_return USING btree (order_id, asked, id);
CREATE INDEX goods_return_reseller ON goods_return USING btree (reseller_id, asked, id);
CREATE INDEX goods_return_supplier ON goods_return USING btree (supplier_id, asked, id);
CREATE UNIQUE INDEX goods_return_source ON goods_return USING btree (reseller_id, source_key) WHERE (source_key <> ''::text);
CREATE TABLE goods_return_line (
  return_id text NOT NULL, position bigint NOT NULL, line bigint NOT NULL, reference text NOT NULL, sku text NOT NULL, buyer_item text NOT NULL, gtin text NOT NULL, description text NOT NULL, unit text NOT NULL, reason text NOT NULL, quantity bigint NOT NULL, granted bigint NOT NULL, arrived bigint NOT NULL, credited bigint NOT NULL,
  PRIMARY KEY (return_id, "position"),
  FOREIGN KEY (return_id) REFERENCES goods_return(id)
);
CREATE TABLE history (
  id text NOT NULL, subject_kind text NOT NULL, subject_id text NOT NULL, supplier_id text NOT NULL, reseller_id text NOT NULL, kind text NOT NULL, args text NOT NULL, person_id text NOT NULL, org_id text NOT NULL, happened bigint NOT NULL,
  PRIMARY KEY (id)
);
CREATE INDEX history_subject ON history USING btree (subject_kind, subject_id, happened, id);
CREATE TABLE installation (
  name text NOT NULL, value text NOT NULL,
  PRIMARY KEY (name)
);
CREATE TABLE interchange (
  id text NOT NULL, submission_id text NOT NULL, position bigint NOT NULL, sender_id text NOT NULL, receiver_id text NOT NULL, partnership_id text NOT NULL, supplier_id text NOT NULL, reseller_id text NOT NULL, origin text NOT NULL, door text NOT NULL, syntax text NOT NULL, version text NOT NULL, sender_ident text NOT NULL, receiver_ident text NOT NULL, control text NOT NULL, dated text NOT NULL, test boolean NOT NULL, blob text NOT NULL, start_at bigint NOT NULL, size bigint NOT NULL, sha256 text NOT NULL, digest text NOT NULL, types text NOT NULL, set_count bigint NOT NULL, state text NOT NULL, result text NOT NULL, held text NOT NULL, duplicate_of text NOT NULL, answers text NOT NULL, findings text NOT NULL, lane text NOT NULL, next_at bigint NOT NULL, attempts bigint NOT NULL, fence bigint NOT NULL, sets_done bigint NOT NULL, last_error text NOT NULL, delivery text NOT NULL, fetched bigint NOT NULL, acknowledged text NOT NULL, made_by text NOT NULL, received bigint NOT NULL, processed bigint NOT NULL, delegate_id text NOT NULL, network text NOT NULL, way text NOT NULL, judged_at bigint NOT NULL, advised text NOT NULL, unclear boolean NOT NULL,
  PRIMARY KEY (id),
  FOREIGN KEY (receiver_id) REFERENCES org(id),
  FOREIGN KEY (sender_id) REFERENCES org(id)
);
CREATE INDEX interchange_carrier ON interchange USING btree (delegate_id, delivery, received, id) WHERE (way = 'network'::text);
CREATE INDEX interchange_control ON interchange USING btree (control text_pattern_ops, supplier_id, reseller_id, id);
CREATE INDEX interchange_delegate ON interchange USING btree (delegate_id, received, id) WHERE (delegate_id <> ''::text);
CREATE INDEX interchange_due ON interchange USING btree (state, lane, next_at, id);
CREATE INDEX interchange_network ON interchange USING btree (sender_id, network, delivery, received, id) WHERE (network <> ''::text);
CREATE INDEX interchange_outbox ON interchange USING btree (receiver_id, received, id) WHERE (delivery = 'waiting'::text);
CREATE INDEX interchange_pair ON interchange USING btree (supplier_id, reseller_id, received, id);
CREATE INDEX interchange_parked ON interchange USING btree (receiver_id, received, id) WHERE (delivery = 'failed'::text);
CREATE INDEX interchange_reseller ON interchange USING btree (reseller_id, received, id);
CREATE INDEX interchange_reseller_refused ON interchange USING btree (reseller_id, received, id) WHERE (result = ANY (ARRAY['rejected'::text, 'partly'::text]));
CREATE INDEX interchange_reseller_stuck ON interchange USING btree (reseller_id, received, id) WHERE (state = ANY (ARRAY['held'::text, 'failed'::text]));
CREATE INDEX interchange_submission ON interchange USING btree (submission_id, "position") WHERE (door = ANY (ARRAY['as2'::text, 'answer'::text]));
CREATE INDEX interchange_supplier ON interchange USING btree (supplier_id, received, id);
CREATE INDEX interchange_supplier_refused ON interchange USING btree (supplier_id, received, id) WHERE (result = ANY (ARRAY['rejected'::text, 'partly'::text]));
CREATE INDEX interchange_supplier_stuck ON interchange USING btree (supplier_id, received, id) WHERE (state = ANY (ARRAY['held'::text, 'failed'::text]));
CREATE INDEX interchange_undelivered ON interchange USING btree (sender_id, received, id) WHERE (delivery = ANY (ARRAY['failed'::text, 'held'::text, 'unproved'::text]));
CREATE UNIQUE INDEX interchange_identity ON interchange USING btree (sender_id, sender_ident, receiver_ident, control, dated, digest, origin);
CREATE TABLE invoice (
  id text NOT NULL, order_id text NOT NULL, supplier_id text NOT NULL, reseller_id text NOT NULL, number text NOT NULL, kind text NOT NULL, state text NOT NULL, currency text NOT NULL, net bigint NOT NULL, tax bigint NOT NULL, tax_rate bigint NOT NULL, tax_category text NOT NULL, differs_by bigint NOT NULL, gross bigint NOT NULL, issued_on text NOT NULL, due_on text NOT NULL, made_by text NOT NULL, made bigint NOT NULL, interchange_id text NOT NULL, credit_of text NOT NULL, orders bigint NOT NULL,
  UNIQUE (supplier_id, number),
  PRIMARY KEY (id),
  FOREIGN KEY (order_id) REFERENCES purchase_order(id)
);
CREATE INDEX invoice_credit_of ON invoice USING btree (credit_of) WHERE (credit_of <> ''::text);
CREATE INDEX invoice_order ON invoice USING btree (order_id, made);
CREATE INDEX invoice_pair ON invoice USING btree (supplier_id, reseller_id, currency, issued_on, id);
CREATE INDEX invoice_reseller ON invoice USING btree (reseller_id, made, id);
CREATE INDEX invoice_reseller_state ON invoice USING btree (reseller_id, state, made, id);
CREATE INDEX invoice_supplier ON invoice USING btree (supplier_id, made, id);
CREATE INDEX invoice_supplier_state ON invoice USING btree (supplier_id, state, made, id);
CREATE TABLE invoice_approval (
  id text NOT NULL, invoice_id text NOT NULL, supplier_id text NOT NULL, reseller_id text NOT NULL, amount bigint NOT NULL, note text NOT NULL, person_id text NOT NULL, made bigint NOT NULL,
  PRIMARY KEY (id),
  FOREIGN KEY (invoice_id) REFERENCES invoice(id),
  FOREIGN KEY (reseller_id) REFERENCES org(id),
  FOREIGN KEY (supplier_id) REFERENCES org(id)
);
CREATE INDEX invoice_approval_invoice ON invoice_approval USING btree (invoice_id, made);
CREATE TABLE invoice_line (
  invoice_id text NOT NULL, position bigint NOT NULL, line bigint NOT NULL, sku text NOT NULL, quantity bigint NOT NULL, unit text NOT NULL, price bigint NOT NULL, amount bigint NOT NULL, difference text NOT NULL, allowance bigint NOT NULL, deal text NOT NULL, tax_rate bigint NOT NULL, order_id text NOT NULL,
  PRIMARY KEY (invoice_id, "position"),
  FOREIGN KEY (invoice_id) REFERENCES invoice(id)
);
CREATE TABLE invoice_share (
  invoice_id text NOT NULL, position bigint NOT NULL, order_id text NOT NULL, supplier_id text NOT NULL, reseller_id text NOT NULL, net bigint NOT NULL, state text NOT NULL, differs_by bigint NOT NULL,
  PRIMARY KEY (invoice_id, "position"),
  FOREIGN KEY (invoice_id) REFERENCES invoice(id),
  FOREIGN KEY (order_id) REFERENCES purchase_order(id),
  FOREIGN KEY (reseller_id) REFERENCES org(id),
  FOREIGN KEY (supplier_id) REFERENCES org(id)
);
CREATE INDEX invoice_share_order ON invoice_share USING btree (order_id);
CREATE INDEX invoice_share_reseller ON invoice_share USING btree (reseller_id, order_id) WHERE (state = 'differs'::text);
CREATE INDEX invoice_share_supplier ON invoice_share USING btree (supplier_id, order_id) WHERE (state = 'differs'::text);
CREATE TABLE invoice_tax (
  invoice_id text NOT NULL, position bigint NOT NULL, category text NOT NULL, rate bigint NOT NULL, basis bigint NOT NULL, amount bigint NOT NULL,
  PRIMARY KEY (invoice_id, "position"),
  FOREIGN KEY (invoice_id) REFERENCES invoice(id)
);
CREATE TABLE item_reference (
  org_id text NOT NULL, partner_id text NOT NULL, buyer_item text NOT NULL, product_id text NOT NULL, created bigint NOT NULL,
  PRIMARY KEY (org_id, partner_id, buyer_item)
);
CREATE INDEX item_reference_product ON item_reference USING btree (org_id, product_id);
CREATE TABLE landing_code (
  page_id text NOT NULL, code text NOT NULL, label text NOT NULL, made bigint NOT NULL, made_by text NOT NULL,
  PRIMARY KEY (page_id, code),
  FOREIGN KEY (page_id) REFERENCES landing_page(id)
);
CREATE TABLE landing_lead (
  lead_id text NOT NULL, page_id text NOT NULL, promotion_id text NOT NULL, owner_id text NOT NULL, org_id text NOT NULL, offer_id text NOT NULL, ref text NOT NULL, happened bigint NOT NULL,
  PRIMARY KEY (lead_id),
  FOREIGN KEY (org_id) REFERENCES org(id),
  FOREIGN KEY (owner_id) REFERENCES org(id),
  FOREIGN KEY (page_id) REFERENCES landing_page(id)
);
CREATE INDEX landing_lead_of ON landing_lead USING btree (promotion_id, happened, lead_id);
CREATE TABLE landing_page (
  id text NOT NULL, promotion_id text NOT NULL, owner_id text NOT NULL, org_id text NOT NULL, token text NOT NULL, secret text NOT NULL, live bigint NOT NULL, body text NOT NULL, privacy text NOT NULL, imprint text NOT NULL, offer bigint NOT NULL, listed bigint NOT NULL, published bigint NOT NULL, changed bigint NOT NULL, changed_by text NOT NULL, version bigint NOT NULL, colour text NOT NULL,
  PRIMARY KEY (id),
  FOREIGN KEY (org_id) REFERENCES org(id),
  FOREIGN KEY (owner_id) REFERENCES org(id),
  FOREIGN KEY (promotion_id) REFERENCES promotion(id)
);
CREATE UNIQUE INDEX landing_page_of ON landing_page USING btree (promotion_id, org_id);
CREATE UNIQUE INDEX landing_page_token ON landing_page USING btree (token);
CREATE TABLE landing_text (
  promotion_id text NOT NULL, owner_id text NOT NULL, body text NOT NULL, changed bigint NOT NULL, changed_by text NOT NULL, version bigint NOT NULL,
  PRIMARY KEY (promotion_id),
  FOREIGN KEY (owner_id) REFERENCES org(id),
  FOREIGN KEY (promotion_id) REFERENCES promotion(id)
);
CREATE TABLE landing_view (
  page_id text NOT NULL, day text NOT NULL, ref text NOT NULL, views bigint NOT NULL,
  PRIMARY KEY (page_id, day, ref),
  FOREIGN KEY (page_id) REFERENCES landing_page(id)
);
CREATE TABLE lead (
  org_id text NOT NULL, id text NOT NULL, number bigint NOT NULL, customer_id text NOT NULL, contact_id text NOT NULL, title text NOT NULL, need text NOT NULL, details text NOT NULL, industry text NOT NULL, size text NOT NULL, families text NOT NULL, products text NOT NULL, value bigint NOT NULL, currency text NOT NULL, expected text NOT NULL, source text NOT NULL, campaign text NOT NULL, external text NOT NULL, state text NOT NULL, holder_id text NOT NULL, offer_id text NOT NULL, round bigint NOT NULL, reason text NOT NULL, unplaced bigint NOT NULL, made_by text NOT NULL, created bigint NOT NULL, changed bigint NOT NULL, version bigint NOT NULL, origin text NOT NULL, ref text NOT NULL,
  PRIMARY KEY (org_id, id),
  FOREIGN KEY (org_id) REFERENCES org(id)
);
CREATE INDEX lead_count ON lead USING btree (org_id, state);
CREATE INDEX lead_customer ON lead USING btree (org_id, customer_id);
CREATE INDEX lead_state ON lead USING btree (org_id, state, created, id);
CREATE UNIQUE INDEX lead_external ON lead USING btree (org_id, external) WHERE (external <> ''::text);
CREATE UNIQUE INDEX lead_origin ON lead USING btree (org_id, origin) WHERE (origin <> ''::text);
CREATE TABLE lead_activity (
  id text NOT NULL, offer_id text NOT NULL, supplier_id text NOT NULL, reseller_id text NOT NULL, org_id text NOT NULL, person_id text NOT NULL, kind text NOT NULL, text text NOT NULL, due text NOT NULL, happened bigint NOT NULL,
  PRIMARY KEY (id),
  FOREIGN KEY (offer_id) REFERENCES lead_offer(id)
);
CREATE INDEX lead_activity_offer ON lead_activity USING btree (offer_id, happened);
CREATE TABLE lead_form (
  org_id text NOT NULL, token text NOT NULL, secret text NOT NULL, active bigint NOT NULL, title text NOT NULL, intro text NOT NULL, consent text NOT NULL, changed bigint NOT NULL, changed_by text NOT NULL, version bigint NOT NULL, confirms bigint NOT NULL,
  UNIQUE (token),
  PRIMARY KEY (org_id),
  FOREIGN KEY (org_id) REFERENCES org(id)
);
CREATE TABLE lead_offer (
  id text NOT NULL, lead_id text NOT NULL, supplier_id text NOT NULL, reseller_id text NOT NULL, partnership_id text NOT NULL, number bigint NOT NULL, state text NOT NULL, phase text NOT NULL, due bigint NOT NULL, teaser text NOT NULL, shared text NOT NULL, rule_id text NOT NULL, rule text NOT NULL, fit bigint NOT NULL, factors text NOT NULL, note text NOT NULL, convert_hours bigint NOT NULL, offered bigint NOT NULL, offered_by text NOT NULL, opened bigint NOT NULL, opened_by text NOT NULL, answered bigint NOT NULL, answered_by text NOT NULL, reason text NOT NULL, comment text NOT NULL, accept_half bigint NOT NULL, accept_most bigint NOT NULL, accept_due bigint NOT NULL, convert_start bigint NOT NULL, convert_half bigint NOT NULL, convert_most bigint NOT NULL, convert_due bigint NOT NULL, worked bigint NOT NULL, ended bigint NOT NULL, deal_id text NOT NULL, warned bigint NOT NULL, next_at bigint NOT NULL, version bigint NOT NULL, value bigint NOT NULL, currency text NOT NULL, source text NOT NULL, paused bigint NOT NULL, pause_until bigint NOT NULL, pause_reason text NOT NULL, pause_comment text NOT NULL, pause_org text NOT NULL, pause_by text NOT NULL, paused_sum bigint NOT NULL,
  UNIQUE (partnership_id, number),
  PRIMARY KEY (id),
  FOREIGN KEY (partnership_id) REFERENCES partnership(id),
  FOREIGN KEY (reseller_id) REFERENCES org(id),
  FOREIGN KEY (supplier_id) REFERENCES org(id)
);
CREATE INDEX lead_offer_lead ON lead_offer USING btree (supplier_id, lead_id);
CREATE INDEX lead_offer_next ON lead_offer USING btree (next_at, id) WHERE (next_at > 0);
CREATE INDEX lead_offer_offered ON lead_offer USING btree (supplier_id, offered);
CREATE INDEX lead_offer_reseller ON lead_offer USING btree (reseller_id, phase, due, id);
CREATE INDEX lead_offer_reseller_state ON lead_offer USING btree (reseller_id, phase, state, due, id);
CREATE INDEX lead_offer_supplier ON lead_offer USING btree (supplier_id, phase, due, id);
CREATE INDEX lead_offer_supplier_state ON lead_offer USING btree (supplier_id, phase, state, due, id);
CREATE TABLE lead_profile (
  partnership_id text NOT NULL, supplier_id text NOT NULL, reseller_id text NOT NULL, most bigint NOT NULL, countries text NOT NULL, postcodes text NOT NULL, families text NOT NULL, changed bigint NOT NULL, changed_by text NOT NULL, version bigint NOT NULL, certificates text NOT NULL, certificate_look bigint NOT NULL, certificate_told text NOT NULL,
  PRIMARY KEY (partnership_id),
  FOREIGN KEY (partnership_id) REFERENCES partnership(id)
);
CREATE INDEX lead_profile_look ON lead_profile USING btree (certificate_look) WHERE (certificate_look > 0);
CREATE INDEX lead_profile_supplier ON lead_profile USING btree (supplier_id);
CREATE TABLE lead_rule (
  org_id text NOT NULL, id text NOT NULL, position bigint NOT NULL, name text NOT NULL, active boolean NOT NULL, countries text NOT NULL, postcodes text NOT NULL, families text NOT NULL, partners text NOT NULL, least bigint NOT NULL, currency text NOT NULL, accept bigint NOT NULL, convert bigint NOT NULL, rounds bigint NOT NULL, changed bigint NOT NULL, changed_by text NOT NULL, version bigint NOT NULL,
  PRIMARY KEY (org_id, id),
  FOREIGN KEY (org_id) REFERENCES org(id)
);
CREATE TABLE lead_search (
  lead_id text NOT NULL, words tsvector NOT NULL,
  PRIMARY KEY (lead_id)
);
CREATE INDEX lead_search_words ON lead_search USING gin (words);
CREATE TABLE library_document (
  id text NOT NULL, owner_id text NOT NULL, title text NOT NULL, about text NOT NULL, kind text NOT NULL, language text NOT NULL, valid_from text NOT NULL, expires text NOT NULL, everyone bigint NOT NULL, confirm bigint NOT NULL, version bigint NOT NULL, told bigint NOT NULL, reminded bigint NOT NULL, withdrawn bigint NOT NULL, made bigint NOT NULL, made_by text NOT NULL, changed bigint NOT NULL, client_key text NOT NULL,
  UNIQUE (made_by, client_key),
  PRIMARY KEY (id),
  FOREIGN KEY (owner_id) REFERENCES org(id)
);
CREATE INDEX library_document_owner ON library_document USING btree (owner_id, changed, id);
CREATE INDEX library_document_untold ON library_document USING btree (valid_from) WHERE ((told < version) AND (withdrawn = 0));
CREATE TABLE library_reading (
  document_id text NOT NULL, number bigint NOT NULL, org_id text NOT NULL, person_id text NOT NULL, seen bigint NOT NULL, fetched bigint NOT NULL, fetches bigint NOT NULL, confirmed bigint NOT NULL,
  PRIMARY KEY (document_id, number, org_id, person_id),
  FOREIGN KEY (document_id) REFERENCES library_document(id),
  FOREIGN KEY (org_id) REFERENCES org(id),
  FOREIGN KEY (person_id) REFERENCES person(id)
);
CREATE INDEX library_reading_person ON library_reading USING btree (person_id, org_id, document_id);
CREATE TABLE library_search (
  document_id text NOT NULL, words tsvector NOT NULL,
  PRIMARY KEY (document_id)
);
CREATE INDEX library_search_words ON library_search USING gin (words);
CREATE TABLE library_target (
  document_id text NOT NULL, kind text NOT NULL, value text NOT NULL,
  PRIMARY KEY (document_id, kind, value),
  FOREIGN KEY (document_id) REFERENCES library_document(id)
);
CREATE TABLE library_version (
  document_id text NOT NULL, number bigint NOT NULL, name text NOT NULL, type text NOT NULL, size bigint NOT NULL, hash text NOT NULL, note text NOT NULL, made bigint NOT NULL, made_by text NOT NULL,
  PRIMARY KEY (document_id, number),
  FOREIGN KEY (document_id) REFERENCES library_document(id)
);
CREATE INDEX library_version_hash ON library_version USING btree (hash);
CREATE TABLE link (
  id text NOT NULL, hash text NOT NULL, kind text NOT NULL, org_id text NOT NULL, person_id text NOT NULL, email text NOT NULL, name text NOT NULL, roles text NOT NULL, made_by text NOT NULL, created bigint NOT NULL, expires bigint NOT NULL, used bigint NOT NULL,
  UNIQUE (hash),
  PRIMARY KEY (id)
);
CREATE INDEX link_org ON link USING btree (org_id, created);
CREATE TABLE live_ticket (
  hash text NOT NULL, identity text NOT NULL, expires bigint NOT NULL,
  PRIMARY KEY (hash)
);
CREATE INDEX live_ticket_expires ON live_ticket USING btree (expires);
CREATE TABLE location (
  id text NOT NULL, partnership_id text NOT NULL, supplier_id text NOT NULL, reseller_id text NOT NULL, number text NOT NULL, gln text NOT NULL, name text NOT NULL, street text NOT NULL, city text NOT NULL, postcode text NOT NULL, country text NOT NULL, made bigint NOT NULL, changed bigint NOT NULL, changed_by text NOT NULL,
  PRIMARY KEY (id),
  FOREIGN KEY (partnership_id) REFERENCES partnership(id)
);
CREATE INDEX location_pair ON location USING btree (partnership_id, made, id);
CREATE TABLE location_code (
  partnership_id text NOT NULL, qualifier text NOT NULL, code text NOT NULL, supplier_id text NOT NULL, reseller_id text NOT NULL, location_id text NOT NULL, changed bigint NOT NULL, changed_by text NOT NULL,
  PRIMARY KEY (partnership_id, qualifier, code),
  FOREIGN KEY (location_id) REFERENCES location(id),
  FOREIGN KEY (partnership_id) REFERENCES partnership(id)
);
CREATE INDEX location_code_location ON location_code USING btree (location_id);
CREATE TABLE mail (
  org_id text NOT NULL, id text NOT NULL, person_id text NOT NULL, address text NOT NULL, kind text NOT NULL, locale text NOT NULL, subject text NOT NULL, body text NOT NULL, dedupe text NOT NULL, state text NOT NULL, attempts bigint NOT NULL, next_at bigint NOT NULL, last_error text NOT NULL, created bigint NOT NULL, sent bigint NOT NULL, stop text NOT NULL, thread text NOT NULL, reply_to text NOT NULL, html text NOT NULL, sender text NOT NULL,
  UNIQUE (org_id, address, dedupe),
  PRIMARY KEY (org_id, id)
);
CREATE INDEX mail_due ON mail USING btree (state, next_at);
CREATE TABLE mail_box (
  id text NOT NULL, validity bigint NOT NULL, settled bigint NOT NULL,
  PRIMARY KEY (id)
);
CREATE TABLE mail_deed (
  id text NOT NULL, org_id text NOT NULL, person_id text NOT NULL, kind text NOT NULL, object text NOT NULL, way text NOT NULL, done bigint NOT NULL,
  PRIMARY KEY (id),
  FOREIGN KEY (org_id) REFERENCES org(id),
  FOREIGN KEY (person_id) REFERENCES person(id)
);
CREATE INDEX mail_deed_done ON mail_deed USING btree (done);
CREATE TABLE mail_in (
  id text NOT NULL, reply_id text NOT NULL, org_id text NOT NULL, person_id text NOT NULL, message_key text NOT NULL, nobody bigint NOT NULL, size bigint NOT NULL, raw bytea, state text NOT NULL, reason text NOT NULL, received bigint NOT NULL, done bigint NOT NULL,
  UNIQUE (reply_id, message_key),
  PRIMARY KEY (id),
  FOREIGN KEY (org_id) REFERENCES org(id),
  FOREIGN KEY (person_id) REFERENCES person(id),
  FOREIGN KEY (reply_id) REFERENCES mail_reply(id)
);
CREATE INDEX mail_in_org ON mail_in USING btree (org_id, received, id);
CREATE INDEX mail_in_person ON mail_in USING btree (person_id, received);
CREATE TABLE mail_optin (
  id text NOT NULL, org_id text NOT NULL, address text NOT NULL, contact_id text NOT NULL, page_id text NOT NULL, language text NOT NULL, consent text NOT NULL, consent_mark text NOT NULL, wish_id text NOT NULL, asked bigint NOT NULL, asked_from text NOT NULL, expires bigint NOT NULL, confirmed bigint NOT NULL, confirmed_from text NOT NULL,
  PRIMARY KEY (id),
  FOREIGN KEY (org_id) REFERENCES org(id)
);
CREATE INDEX mail_optin_address ON mail_optin USING btree (org_id, address);
CREATE INDEX mail_optin_wish ON mail_optin USING btree (wish_id);
CREATE TABLE mail_reply (
  id text NOT NULL, org_id text NOT NULL, person_id text NOT NULL, kind text NOT NULL, object text NOT NULL, seq bigint NOT NULL, made bigint NOT NULL, expires bigint NOT NULL,
  PRIMARY KEY (id),
  FOREIGN KEY (org_id) REFERENCES org(id),
  FOREIGN KEY (person_id) REFERENCES person(id)
);
CREATE INDEX mail_reply_about ON mail_reply USING btree (person_id, org_id, kind, object, seq);
CREATE INDEX mail_reply_expires ON mail_reply USING btree (expires);
CREATE TABLE mapping_chunk (
  run_id text NOT NULL, org_id text NOT NULL, part bigint NOT NULL, number bigint NOT NULL, row_count bigint NOT NULL, digest text NOT NULL, data bytea,
  PRIMARY KEY (run_id, org_id, part, number)
);
CREATE TABLE mapping_log (
  run_id text NOT NULL, number bigint NOT NULL, seen_by text NOT NULL, happened bigint NOT NULL, org_id text NOT NULL, person_id text NOT NULL, what text NOT NULL, step bigint NOT NULL,
  PRIMARY KEY (run_id, number),
  FOREIGN KEY (run_id) REFERENCES mapping_run(id)
);
CREATE TABLE mapping_match (
  run_id text NOT NULL, org_id text NOT NULL, customer_id text NOT NULL, theirs bigint NOT NULL, mine bigint NOT NULL, told text NOT NULL,
  PRIMARY KEY (run_id, org_id, customer_id, theirs)
);
CREATE INDEX mapping_match_mine ON mapping_match USING btree (run_id, org_id, mine);
CREATE TABLE mapping_row (
  run_id text NOT NULL, org_id text NOT NULL, list text NOT NULL, token text NOT NULL, place bigint NOT NULL, customer_id text NOT NULL, digest text NOT NULL, points bytea,
  PRIMARY KEY (run_id, org_id, list, token)
);
CREATE INDEX mapping_row_customer ON mapping_row USING btree (run_id, org_id, customer_id) WHERE (list = 'own'::text);
CREATE INDEX mapping_row_place ON mapping_row USING btree (run_id, org_id, place) WHERE (list = 'theirs'::text);
CREATE TABLE mapping_run (
  id text NOT NULL, way text NOT NULL, code text NOT NULL, starter_id text NOT NULL, partner_id text NOT NULL, name text NOT NULL, partnership_id text NOT NULL, pair text NOT NULL, terms text NOT NULL, state text NOT NULL, running bigint NOT NULL, stage bigint NOT NULL, reason text NOT NULL, reason_org text NOT NULL, made bigint NOT NULL, made_by text NOT NULL, changed bigint NOT NULL, expires bigint NOT NULL, turn bigint NOT NULL, clean bigint NOT NULL, tries bigint NOT NULL, lease_by text NOT NULL, lease_until bigint NOT NULL,
  PRIMARY KEY (id)
);
CREATE INDEX mapping_run_expires ON mapping_run USING btree (expires, id) WHERE (expires > 0);
CREATE INDEX mapping_run_made ON mapping_run USING btree (pair, made);
CREATE INDEX mapping_run_turn ON mapping_run USING btree (turn, id) WHERE (turn > 0);
CREATE UNIQUE INDEX mapping_run_pair ON mapping_run USING btree (pair) WHERE (running = 1);
CREATE TABLE mapping_side (
  run_id text NOT NULL, org_id text NOT NULL, role text NOT NULL, phase bigint NOT NULL, place text NOT NULL, done bigint NOT NULL, list_rows bigint NOT NULL, consent bigint NOT NULL, got bigint NOT NULL, secret bytea, dh_public text NOT NULL, commitment text NOT NULL, commit_line text NOT NULL, peer_line text NOT NULL, own_count bigint NOT NULL, their_count bigint NOT NULL, changed bigint NOT NULL,
  PRIMARY KEY (run_id, org_id),
  FOREIGN KEY (org_id) REFERENCES org(id),
  FOREIGN KEY (run_id) REFERENCES mapping_run(id)
);
CREATE INDEX mapping_side_org ON mapping_side USING btree (org_id, changed, run_id);
CREATE TABLE membership (
  org_id text NOT NULL, person_id text NOT NULL, roles text NOT NULL, state text NOT NULL, created bigint NOT NULL, ended bigint NOT NULL,
  PRIMARY KEY (org_id, person_id),
  FOREIGN KEY (org_id) REFERENCES org(id),
  FOREIGN KEY (person_id) REFERENCES person(id)
);
CREATE INDEX membership_person ON membership USING btree (person_id);
CREATE TABLE message (
  room_id text NOT NULL, seq bigint NOT NULL, kind text NOT NULL, author_id text NOT NULL, author_org text NOT NULL, client_key text, thread bigint NOT NULL, text text NOT NULL, event_kind text NOT NULL, subject_kind text NOT NULL, subject_id text NOT NULL, args text NOT NULL, happened bigint NOT NULL, edited bigint NOT NULL, removed bigint NOT NULL, via text NOT NULL,
  UNIQUE (room_id, author_id, client_key),
  PRIMARY KEY (room_id, seq),
  FOREIGN KEY (room_id) REFERENCES room(id)
);
CREATE INDEX message_act ON message USING btree (room_id, seq) WHERE (kind = 'act'::text);
CREATE INDEX message_author ON message USING btree (author_org, happened) WHERE ((kind = 'message'::text) AND (removed = 0));
CREATE INDEX message_thread ON message USING btree (room_id, thread, seq) WHERE (thread > 0);
CREATE TABLE message_kept (
  room_id text NOT NULL, seq bigint NOT NULL, org_id text NOT NULL, text text NOT NULL, files text NOT NULL, kept bigint NOT NULL,
  PRIMARY KEY (room_id, seq, org_id, kept),
  FOREIGN KEY (org_id) REFERENCES org(id)
);
CREATE TABLE message_mention (
  room_id text NOT NULL, seq bigint NOT NULL, person_id text NOT NULL, org_id text NOT NULL,
  PRIMARY KEY (room_id, seq, person_id, org_id),
  FOREIGN KEY (org_id) REFERENCES org(id),
  FOREIGN KEY (person_id) REFERENCES person(id)
);
CREATE TABLE message_pin (
  room_id text NOT NULL, seq bigint NOT NULL, person_id text NOT NULL, org_id text NOT NULL, made bigint NOT NULL,
  PRIMARY KEY (room_id, seq)
);
CREATE TABLE message_reaction (
  room_id text NOT NULL, seq bigint NOT NULL, emoji text NOT NULL, person_id text NOT NULL, org_id text NOT NULL, made bigint NOT NULL,
  PRIMARY KEY (room_id, seq, emoji, person_id),
  FOREIGN KEY (org_id) REFERENCES org(id),
  FOREIGN KEY (person_id) REFERENCES person(id)
);
CREATE TABLE message_search (
  room_id text NOT NULL, seq bigint NOT NULL, words tsvector NOT NULL,
  PRIMARY KEY (room_id, seq)
);
CREATE INDEX message_search_words ON message_search USING gin (words);
CREATE TABLE notice (
  org_id text NOT NULL, id text NOT NULL, person_id text NOT NULL, kind text NOT NULL, dedupe text NOT NULL, args text NOT NULL, subject_kind text NOT NULL, subject_id text NOT NULL, urgent boolean NOT NULL, happened bigint NOT NULL, seen bigint NOT NULL, mailed bigint NOT NULL, about text NOT NULL, reason text NOT NULL, place bigint NOT NULL, snoozed bigint NOT NULL, done bigint NOT NULL, pushed bigint NOT NULL,
  UNIQUE (org_id, person_id, dedupe),
  PRIMARY KEY (org_id, id)
);
CREATE INDEX notice_about ON notice USING btree (org_id, person_id, about, place, id);
CREATE INDEX notice_digest ON notice USING btree (org_id, person_id) WHERE (mailed = 2);
CREATE INDEX notice_place ON notice USING btree (org_id, person_id, place, id);
CREATE INDEX notice_unmailed ON notice USING btree (happened) WHERE ((mailed = 0) AND (seen = 0));
CREATE INDEX notice_unpushed ON notice USING btree (org_id, person_id) WHERE (pushed = 0);
CREATE INDEX notice_unread ON notice USING btree (org_id, person_id) WHERE (seen = 0);
CREATE TABLE notice_choice (
  org_id text NOT NULL, person_id text NOT NULL, mode text NOT NULL, next_at bigint NOT NULL, changed bigint NOT NULL, quiet_from bigint NOT NULL, quiet_to bigint NOT NULL, hold bigint NOT NULL,
  PRIMARY KEY (org_id, person_id)
);
CREATE INDEX notice_choice_due ON notice_choice USING btree (next_at) WHERE (mode = ANY (ARRAY['daily'::text, ''::text]));
CREATE TABLE notice_off (
  org_id text NOT NULL, person_id text NOT NULL, topic text NOT NULL, way text NOT NULL,
  PRIMARY KEY (org_id, person_id, topic, way)
);
CREATE TABLE order_arrival (
  id text NOT NULL, order_id text NOT NULL, supplier_id text NOT NULL, reseller_id text NOT NULL, partnership_id text NOT NULL, outcome text NOT NULL, reason text NOT NULL, number text NOT NULL, source text NOT NULL, source_key text NOT NULL, interchange_id text NOT NULL, set_no bigint NOT NULL, document text NOT NULL, placed_by text NOT NULL, made bigint NOT NULL, answer text NOT NULL, answered_by text NOT NULL, answered_org text NOT NULL, answered bigint NOT NULL, new_order_id text NOT NULL,
  PRIMARY KEY (id),
  FOREIGN KEY (reseller_id) REFERENCES org(id),
  FOREIGN KEY (supplier_id) REFERENCES org(id)
);
CREATE INDEX order_arrival_order ON order_arrival USING btree (order_id, made, id);
CREATE UNIQUE INDEX order_arrival_source ON order_arrival USING btree (reseller_id, source_key) WHERE (source_key <> ''::text);
CREATE TABLE order_change (
  id text NOT NULL, order_id text NOT NULL, supplier_id text NOT NULL, reseller_id text NOT NULL, partnership_id text NOT NULL, number text NOT NULL, sequence text NOT NULL, kind text NOT NULL, state text NOT NULL, note text NOT NULL, document text NOT NULL, source text NOT NULL, source_key text NOT NULL, interchange_id text NOT NULL, set_no bigint NOT NULL, made_by text NOT NULL, made bigint NOT NULL, answered bigint NOT NULL, answered_by text NOT NULL, answered_org text NOT NULL, response_id text NOT NULL,
  PRIMARY KEY (id),
  FOREIGN KEY (order_id) REFERENCES purchase_order(id),
  FOREIGN KEY (partnership_id) REFERENCES partnership(id),
  FOREIGN KEY (reseller_id) REFERENCES org(id),
  FOREIGN KEY (supplier_id) REFERENCES org(id)
);
CREATE INDEX order_change_asked ON order_change USING btree (reseller_id, made, id) WHERE (state = 'open'::text);
CREATE INDEX order_change_open ON order_change USING btree (supplier_id, made, id) WHERE (state = 'open'::text);
CREATE INDEX order_change_order ON order_change USING btree (order_id, made, id);
CREATE UNIQUE INDEX order_change_source ON order_change USING btree (reseller_id, source_key) WHERE (source_key <> ''::text);
CREATE TABLE order_change_line (
  change_id text NOT NULL, position bigint NOT NULL, line bigint NOT NULL, action text NOT NULL, reference text NOT NULL, product_id text NOT NULL, sku text NOT NULL, buyer_item text NOT NULL, gtin text NOT NULL, description text NOT NULL, unit text NOT NULL, was_quantity bigint NOT NULL, quantity bigint NOT NULL, was_price bigint NOT NULL, price bigint NOT NULL, was_day text NOT NULL, day text NOT NULL, fields text NOT NULL, verdict text NOT NULL, granted bigint NOT NULL, reason text NOT NULL, marks text NOT NULL,
  PRIMARY KEY (change_id, "position"),
  FOREIGN KEY (change_id) REFERENCES order_change(id)
);
CREATE TABLE order_clock (
  order_id text NOT NULL, partnership_id text NOT NULL, supplier_id text NOT NULL, reseller_id text NOT NULL, calendar_version bigint NOT NULL, work bigint NOT NULL, started bigint NOT NULL, warn bigint NOT NULL, due bigint NOT NULL, warned bigint NOT NULL, overdue bigint NOT NULL, paused bigint NOT NULL, warn_left bigint NOT NULL, due_left bigint NOT NULL, settled bigint NOT NULL, outcome text NOT NULL,
  PRIMARY KEY (order_id),
  FOREIGN KEY (order_id) REFERENCES purchase_order(id),
  FOREIGN KEY (reseller_id) REFERENCES org(id),
  FOREIGN KEY (supplier_id) REFERENCES org(id)
);
CREATE INDEX order_clock_due ON order_clock USING btree (due, order_id) WHERE ((settled = 0) AND (paused = 0) AND (overdue = 0));
CREATE INDEX order_clock_reseller ON order_clock USING btree (reseller_id, due, order_id) WHERE (settled = 0);
CREATE INDEX order_clock_supplier ON order_clock USING btree (supplier_id, due, order_id) WHERE (settled = 0);
CREATE INDEX order_clock_warn ON order_clock USING btree (warn, order_id) WHERE ((settled = 0) AND (paused = 0) AND (warned = 0));
CREATE TABLE order_hold (
  id text NOT NULL, order_id text NOT NULL, supplier_id text NOT NULL, reseller_id text NOT NULL, partnership_id text NOT NULL, reason text NOT NULL, note text NOT NULL, owner_role text NOT NULL, owner_person text NOT NULL, lines text NOT NULL, by_day text NOT NULL, due bigint NOT NULL, overdue bigint NOT NULL, placed bigint NOT NULL, placed_by text NOT NULL, released bigint NOT NULL, released_by text NOT NULL,
  PRIMARY KEY (id),
  FOREIGN KEY (order_id) REFERENCES purchase_order(id),
  FOREIGN KEY (partnership_id) REFERENCES partnership(id),
  FOREIGN KEY (reseller_id) REFERENCES org(id),
  FOREIGN KEY (supplier_id) REFERENCES org(id)
);
CREATE INDEX order_hold_due ON order_hold USING btree (due, id) WHERE ((released = 0) AND (overdue = 0) AND (due > 0));
CREATE INDEX order_hold_order ON order_hold USING btree (order_id, released);
CREATE INDEX order_hold_supplier ON order_hold USING btree (supplier_id, due, id) WHERE (released = 0);
CREATE TABLE order_line (
  order_id text NOT NULL, line bigint NOT NULL, supplier_id text NOT NULL, reseller_id text NOT NULL, reference text NOT NULL, product_id text NOT NULL, sku text NOT NULL, buyer_item text NOT NULL, gtin text NOT NULL, description text NOT NULL, unit text NOT NULL, price bigint NOT NULL, list_price bigint NOT NULL, amount bigint NOT NULL, mark text NOT NULL, state text NOT NULL, requested_on text NOT NULL, promised_on text NOT NULL, deal_number text NOT NULL, ordered bigint NOT NULL, confirmed bigint NOT NULL, backordered bigint NOT NULL, cancelled bigint NOT NULL, shipped bigint NOT NULL, received bigint NOT NULL, invoiced bigint NOT NULL, credited bigint NOT NULL, returned bigint NOT NULL, deal_applied text NOT NULL, deal_method text NOT NULL, deal_reason text NOT NULL, deal_allowance bigint NOT NULL, deal_granted bigint NOT NULL, parts text NOT NULL, instead_of text NOT NULL, free bigint NOT NULL, price_trail text NOT NULL,
  PRIMARY KEY (order_id, line),
  FOREIGN KEY (order_id) REFERENCES purchase_order(id)
);
CREATE INDEX order_line_reseller_back ON order_line USING btree (reseller_id, promised_on, order_id, line) WHERE (backordered > 0);
CREATE INDEX order_line_supplier_back ON order_line USING btree (supplier_id, product_id, order_id, line) WHERE (backordered > 0);
CREATE TABLE order_response (
  id text NOT NULL, order_id text NOT NULL, supplier_id text NOT NULL, reseller_id text NOT NULL, number text NOT NULL, kind text NOT NULL, made_by text NOT NULL, made bigint NOT NULL, agreed_by text NOT NULL, agreed bigint NOT NULL, interchange_id text NOT NULL, change_id text NOT NULL,
  UNIQUE (supplier_id, number),
  PRIMARY KEY (id),
  FOREIGN KEY (order_id) REFERENCES purchase_order(id)
);
CREATE INDEX order_response_agree ON order_response USING btree (reseller_id, made, id) WHERE ((kind = 'changed'::text) AND (agreed = 0));
CREATE INDEX order_response_order ON order_response USING btree (order_id, made);
CREATE TABLE order_response_line (
  response_id text NOT NULL, position bigint NOT NULL, line bigint NOT NULL, action text NOT NULL, code text NOT NULL, quantity bigint NOT NULL, price bigint NOT NULL, day text NOT NULL, substitute text NOT NULL, reason text NOT NULL,
  PRIMARY KEY (response_id, "position"),
  FOREIGN KEY (response_id) REFERENCES order_response(id)
);
CREATE TABLE order_search (
  order_id text NOT NULL, received bigint NOT NULL, invoiced bigint NOT NULL, supplier_id text NOT NULL, reseller_id text NOT NULL, words tsvector NOT NULL,
  PRIMARY KEY (order_id)
);
CREATE INDEX order_search_words ON order_search USING gin (words);
CREATE TABLE org (
  id text NOT NULL, slug text NOT NULL, name text NOT NULL, city text NOT NULL, country text NOT NULL, currency text NOT NULL, timezone text NOT NULL, locale text NOT NULL, state text NOT NULL, created bigint NOT NULL, street text NOT NULL, postcode text NOT NULL, tax_id text NOT NULL,
  UNIQUE (slug),
  PRIMARY KEY (id)
);
CREATE TABLE pack (
  org_id text NOT NULL, product_id text NOT NULL, level text NOT NULL, gtin text NOT NULL, unit text NOT NULL, quantity bigint NOT NULL,
  PRIMARY KEY (org_id, product_id, level)
);
CREATE INDEX pack_gtin ON pack USING btree (org_id, gtin);
CREATE TABLE partnership (
  id text NOT NULL, supplier_id text NOT NULL, reseller_id text NOT NULL, state text NOT NULL, currency text NOT NULL, price_tolerance bigint NOT NULL, quantity_tolerance bigint NOT NULL, created bigint NOT NULL, version bigint NOT NULL, moved_by text NOT NULL,
  UNIQUE (supplier_id, reseller_id),
  PRIMARY KEY (id),
  FOREIGN KEY (reseller_id) REFERENCES org(id),
  FOREIGN KEY (supplier_id) REFERENCES org(id)
);
CREATE INDEX partnership_reseller ON partnership USING btree (reseller_id);
CREATE TABLE payment (
  id text NOT NULL, supplier_id text NOT NULL, reseller_id text NOT NULL, partnership_id text NOT NULL, number text NOT NULL, method text NOT NULL, paid_on text NOT NULL, currency text NOT NULL, total bigint NOT NULL, outcome text NOT NULL, reason text NOT NULL, args text NOT NULL, document text NOT NULL, content_hash text NOT NULL, source text NOT NULL, source_key text NOT NULL, interchange_id text NOT NULL, set_no bigint NOT NULL, made bigint NOT NULL, made_by text NOT NULL, made_org text NOT NULL, settled bigint NOT NULL, settled_by text NOT NULL, settled_org text NOT NULL, note text NOT NULL,
  PRIMARY KEY (id),
  FOREIGN KEY (partnership_id) REFERENCES partnership(id),
  FOREIGN KEY (reseller_id) REFERENCES org(id),
  FOREIGN KEY (supplier_id) REFERENCES org(id)
);
CREATE INDEX payment_pair ON payment USING btree (supplier_id, reseller_id, currency, paid_on, id) WHERE (outcome = 'booked'::text);
CREATE INDEX payment_reseller ON payment USING btree (reseller_id, made, id);
CREATE INDEX payment_supplier ON payment USING btree (supplier_id, made, id);
CREATE UNIQUE INDEX payment_number ON payment USING btree (supplier_id, reseller_id, number) WHERE (outcome = 'booked'::text);
CREATE UNIQUE INDEX payment_source ON payment USING btree (supplier_id, source_key) WHERE (source_key <> ''::text);
CREATE TABLE payment_issue (
  id text NOT NULL, payment_id text NOT NULL, position bigint NOT NULL, kind text NOT NULL, supplier_id text NOT NULL, reseller_id text NOT NULL, partnership_id text NOT NULL, invoice_id text NOT NULL, document_no text NOT NULL, currency text NOT NULL, amount bigint NOT NULL, code text NOT NULL, code_un text NOT NULL, reference text NOT NULL, note text NOT NULL, state text NOT NULL, subject_kind text NOT NULL, subject_id text NOT NULL, owner_id text NOT NULL, due bigint NOT NULL, overdue bigint NOT NULL, answer text NOT NULL, answer_note text NOT NULL, made bigint NOT NULL, settled bigint NOT NULL, settled_by text NOT NULL, settled_org text NOT NULL,
  PRIMARY KEY (id),
  FOREIGN KEY (partnership_id) REFERENCES partnership(id),
  FOREIGN KEY (payment_id) REFERENCES payment(id),
  FOREIGN KEY (reseller_id) REFERENCES org(id),
  FOREIGN KEY (supplier_id) REFERENCES org(id)
);
CREATE INDEX payment_issue_due ON payment_issue USING btree (due, id) WHERE ((state = 'open'::text) AND (overdue = 0));
CREATE INDEX payment_issue_invoice ON payment_issue USING btree (invoice_id) WHERE (invoice_id <> ''::text);
CREATE INDEX payment_issue_payment ON payment_issue USING btree (payment_id, "position", id);
CREATE INDEX payment_issue_reseller ON payment_issue USING btree (reseller_id, made, id) WHERE (state = 'open'::text);
CREATE INDEX payment_issue_subject ON payment_issue USING btree (subject_id) WHERE (subject_id <> ''::text);
CREATE INDEX payment_issue_supplier ON payment_issue USING btree (supplier_id, made, id) WHERE (state = 'open'::text);
CREATE INDEX payment_issue_wanted ON payment_issue USING btree (supplier_id, reseller_id, document_no) WHERE (state = 'open'::text);
CREATE TABLE payment_line (
  payment_id text NOT NULL, position bigint NOT NULL, kind text NOT NULL, document_no text NOT NULL, invoice_id text NOT NULL, stated bigint NOT NULL, paid bigint NOT NULL, discount bigint NOT NULL,
  PRIMARY KEY (payment_id, "position"),
  FOREIGN KEY (payment_id) REFERENCES payment(id)
);
CREATE TABLE person (
  id text NOT NULL, email text NOT NULL, name text NOT NULL, locale text NOT NULL, theme text NOT NULL, timezone text NOT NULL, password text NOT NULL, password_at bigint NOT NULL, operator boolean NOT NULL, state text NOT NULL, last_org text NOT NULL, created bigint NOT NULL,
  UNIQUE (email),
  PRIMARY KEY (id)
);
CREATE TABLE price_entry (
  org_id text NOT NULL, list_id text NOT NULL, version bigint NOT NULL, product_id text NOT NULL, price bigint NOT NULL,
  PRIMARY KEY (org_id, list_id, version, product_id)
);
CREATE INDEX price_entry_product ON price_entry USING btree (org_id, product_id);
CREATE TABLE price_list (
  org_id text NOT NULL, id text NOT NULL, name text NOT NULL, currency text NOT NULL, partner_id text NOT NULL, basis text NOT NULL, notice_days bigint NOT NULL, created bigint NOT NULL,
  UNIQUE (org_id, currency, partner_id),
  PRIMARY KEY (org_id, id),
  FOREIGN KEY (org_id) REFERENCES org(id)
);
CREATE TABLE price_option (
  org_id text NOT NULL, list_id text NOT NULL, version bigint NOT NULL, product_id text NOT NULL, option_code text NOT NULL, price bigint NOT NULL, percent bigint NOT NULL,
  PRIMARY KEY (org_id, list_id, version, product_id, option_code),
  FOREIGN KEY (org_id) REFERENCES org(id)
);
CREATE TABLE price_protection (
  id text NOT NULL, supplier_id text NOT NULL, reseller_id text NOT NULL, partnership_id text NOT NULL, currency text NOT NULL, day text NOT NULL, state text NOT NULL, why text NOT NULL, basis text NOT NULL, report_id text NOT NULL, report_no text NOT NULL, report_day text NOT NULL, from_day text NOT NULL, to_day text NOT NULL, covered bigint NOT NULL, straddling bigint NOT NULL, days bigint NOT NULL, cover bigint NOT NULL, cap bigint NOT NULL, least bigint NOT NULL, whole bigint NOT NULL, amount bigint NOT NULL, ceiling bigint NOT NULL, subject_id text NOT NULL, program_id text NOT NULL, mark text NOT NULL, answer_by bigint NOT NULL, next_at bigint NOT NULL, reminded bigint NOT NULL, made bigint NOT NULL, changed bigint NOT NULL, answered bigint NOT NULL, answered_by text NOT NULL, note text NOT NULL, version bigint NOT NULL,
  UNIQUE (supplier_id, reseller_id, currency, day),
  PRIMARY KEY (id),
  FOREIGN KEY (partnership_id) REFERENCES partnership(id),
  FOREIGN KEY (reseller_id) REFERENCES org(id),
  FOREIGN KEY (supplier_id) REFERENCES org(id)
);
CREATE INDEX price_protection_next ON price_protection USING btree (next_at, id) WHERE (next_at > 0);
CREATE INDEX price_protection_reseller ON price_protection USING btree (reseller_id, changed, id);
CREATE INDEX price_protection_supplier ON price_protection USING btree (supplier_id, changed, id);
CREATE TABLE price_protection_claim (
  claim_id text NOT NULL, protection_id text NOT NULL, supplier_id text NOT NULL, reseller_id text NOT NULL, made bigint NOT NULL,
  PRIMARY KEY (claim_id),
  FOREIGN KEY (claim_id) REFERENCES fund_claim(id),
  FOREIGN KEY (protection_id) REFERENCES price_protection(id),
  FOREIGN KEY (reseller_id) REFERENCES org(id),
  FOREIGN KEY (supplier_id) REFERENCES org(id)
);
CREATE INDEX price_protection_claim_of ON price_protection_claim USING btree (protection_id, made);
CREATE TABLE price_protection_line (
  protection_id text NOT NULL, position bigint NOT NULL, supplier_id text NOT NULL, reseller_id text NOT NULL, product_id text NOT NULL, sku text NOT NULL, was bigint NOT NULL, was_list text NOT NULL, was_version bigint NOT NULL, price bigint NOT NULL, list text NOT NULL, list_version bigint NOT NULL, opening bigint NOT NULL, came bigint NOT NULL, sold bigint NOT NULL, back bigint NOT NULL, quantity bigint NOT NULL, said bigint NOT NULL, amount bigint NOT NULL, claimed bigint NOT NULL,
  PRIMARY KEY (protection_id, "position"),
  FOREIGN KEY (protection_id) REFERENCES price_protection(id),
  FOREIGN KEY (reseller_id) REFERENCES org(id),
  FOREIGN KEY (supplier_id) REFERENCES org(id)
);
CREATE TABLE price_protection_terms (
  org_id text NOT NULL, currency text NOT NULL, partner_id text NOT NULL, days bigint NOT NULL, cover bigint NOT NULL, cap bigint NOT NULL, least bigint NOT NULL, answer_days bigint NOT NULL, changed bigint NOT NULL, changed_by text NOT NULL,
  PRIMARY KEY (org_id, currency, partner_id),
  FOREIGN KEY (org_id) REFERENCES org(id)
);
CREATE TABLE price_version (
  org_id text NOT NULL, list_id text NOT NULL, version bigint NOT NULL, valid_from text NOT NULL, state text NOT NULL, note text NOT NULL, created bigint NOT NULL, created_by text NOT NULL, published bigint NOT NULL, published_by text NOT NULL,
  PRIMARY KEY (org_id, list_id, version)
);
CREATE TABLE product (
  org_id text NOT NULL, id text NOT NULL, sku text NOT NULL, name_en text NOT NULL, name_zh text NOT NULL, family text NOT NULL, unit text NOT NULL, gtin text NOT NULL, state text NOT NULL, created bigint NOT NULL, minimum bigint NOT NULL, multiple bigint NOT NULL, replaced_by text NOT NULL, replaced_from text NOT NULL,
  UNIQUE (org_id, sku),
  PRIMARY KEY (org_id, id),
  FOREIGN KEY (org_id) REFERENCES org(id)
);
CREATE INDEX product_gtin ON product USING btree (org_id, gtin);
CREATE TABLE product_family (
  org_id text NOT NULL, product_id text NOT NULL, until_at bigint NOT NULL, family text NOT NULL,
  PRIMARY KEY (org_id, product_id, until_at),
  FOREIGN KEY (org_id) REFERENCES org(id)
);
CREATE TABLE product_option (
  org_id text NOT NULL, product_id text NOT NULL, revision bigint NOT NULL, definition text NOT NULL, changed bigint NOT NULL, changed_by text NOT NULL,
  PRIMARY KEY (org_id, product_id),
  FOREIGN KEY (org_id) REFERENCES org(id)
);
CREATE TABLE promotion (
  id text NOT NULL, owner_id text NOT NULL, number text NOT NULL, title text NOT NULL, state text NOT NULL, draft text NOT NULL, open_no bigint NOT NULL, agreed_no bigint NOT NULL, from_on text NOT NULL, until_on text NOT NULL, zone text NOT NULL, currency text NOT NULL, budget bigint NOT NULL, next_at bigint NOT NULL, reason text NOT NULL, made_by text NOT NULL, made bigint NOT NULL, cancelled bigint NOT NULL, settled bigint NOT NULL, result text NOT NULL, changed bigint NOT NULL, version bigint NOT NULL, margin bigint NOT NULL, waived text NOT NULL, approval text NOT NULL,
  UNIQUE (owner_id, number),
  PRIMARY KEY (id),
  FOREIGN KEY (owner_id) REFERENCES org(id)
);
CREATE INDEX promotion_list ON promotion USING btree (owner_id, from_on, id);
CREATE INDEX promotion_next ON promotion USING btree (next_at, id) WHERE (next_at > 0);
CREATE INDEX promotion_state ON promotion USING btree (owner_id, state, from_on, id);
CREATE TABLE promotion_adjustment (
  id text NOT NULL, promotion_id text NOT NULL, owner_id text NOT NULL, org_id text NOT NULL, reason text NOT NULL, document_id text NOT NULL, number text NOT NULL, currency text NOT NULL, invoiced bigint NOT NULL, sold bigint NOT NULL, earned bigint NOT NULL, made bigint NOT NULL,
  PRIMARY KEY (id),
  FOREIGN KEY (org_id) REFERENCES org(id),
  FOREIGN KEY (owner_id) REFERENCES org(id),
  FOREIGN KEY (promotion_id) REFERENCES promotion(id)
);
CREATE INDEX promotion_adjustment_made ON promotion_adjustment USING btree (promotion_id, made);
CREATE TABLE promotion_approval (
  promotion_id text NOT NULL, org_id text NOT NULL, hash text NOT NULL, person_id text NOT NULL, at bigint NOT NULL,
  PRIMARY KEY (promotion_id, org_id, hash),
  FOREIGN KEY (promotion_id) REFERENCES promotion(id)
);
CREATE TABLE promotion_line (
  promotion_id text NOT NULL, order_id text NOT NULL, line bigint NOT NULL, owner_id text NOT NULL, org_id text NOT NULL, version_no bigint NOT NULL, number text NOT NULL, sku text NOT NULL, ordered_on text NOT NULL, arrived bigint NOT NULL, unit text NOT NULL, factor bigint NOT NULL, verdict text NOT NULL, reason text NOT NULL, method text NOT NULL, currency text NOT NULL, price bigint NOT NULL, allowance bigint NOT NULL, ordered bigint NOT NULL, granted bigint NOT NULL, counted bigint NOT NULL, confirmed bigint NOT NULL, shipped bigint NOT NULL, invoiced bigint NOT NULL, value bigint NOT NULL, earned bigint NOT NULL, base bigint NOT NULL, free bigint NOT NULL, freed bigint NOT NULL,
  PRIMARY KEY (promotion_id, order_id, line),
  FOREIGN KEY (promotion_id) REFERENCES promotion(id)
);
CREATE INDEX promotion_line_all ON promotion_line USING btree (promotion_id, arrived, order_id, line);
CREATE INDEX promotion_line_list ON promotion_line USING btree (promotion_id, org_id, arrived, order_id, line);
CREATE INDEX promotion_line_order ON promotion_line USING btree (order_id);
CREATE INDEX promotion_line_out ON promotion_line USING btree (promotion_id, arrived, order_id, line) WHERE (verdict = 'out'::text);
CREATE INDEX promotion_line_sku ON promotion_line USING btree (promotion_id, sku, arrived, order_id, line);
CREATE TABLE promotion_log (
  id text NOT NULL, promotion_id text NOT NULL, seen_by text NOT NULL, kind text NOT NULL, org_id text NOT NULL, person_id text NOT NULL, number bigint NOT NULL, text text NOT NULL, happened bigint NOT NULL,
  PRIMARY KEY (id),
  FOREIGN KEY (promotion_id) REFERENCES promotion(id)
);
CREATE INDEX promotion_log_of ON promotion_log USING btree (promotion_id, happened, id);
CREATE TABLE promotion_measure (
  promotion_id text NOT NULL, org_id text NOT NULL, version bigint NOT NULL, stamp text NOT NULL, made bigint NOT NULL, content text NOT NULL,
  PRIMARY KEY (promotion_id, org_id),
  FOREIGN KEY (org_id) REFERENCES org(id),
  FOREIGN KEY (promotion_id) REFERENCES promotion(id)
);
CREATE TABLE promotion_rebuild (
  promotion_id text NOT NULL, owner_id text NOT NULL, state text NOT NULL, started bigint NOT NULL, started_by text NOT NULL, changed bigint NOT NULL, lease bigint NOT NULL, step bigint NOT NULL, org_id text NOT NULL, place text NOT NULL, taken text NOT NULL, done bigint NOT NULL, total bigint NOT NULL, found bigint NOT NULL, differing bigint NOT NULL,
  PRIMARY KEY (promotion_id),
  FOREIGN KEY (owner_id) REFERENCES org(id),
  FOREIGN KEY (promotion_id) REFERENCES promotion(id)
);
CREATE INDEX promotion_rebuild_due ON promotion_rebuild USING btree (lease, promotion_id) WHERE (state = 'running'::text);
CREATE TABLE promotion_resale (
  promotion_id text NOT NULL, report_id text NOT NULL, line bigint NOT NULL, owner_id text NOT NULL, org_id text NOT NULL, version_no bigint NOT NULL, number text NOT NULL, sku text NOT NULL, sold_from text NOT NULL, sold_to text NOT NULL, arrived bigint NOT NULL, verdict text NOT NULL, reason text NOT NULL, basis text NOT NULL, currency text NOT NULL, price bigint NOT NULL, allowance bigint NOT NULL, sold bigint NOT NULL, counted bigint NOT NULL, value bigint NOT NULL, earned bigint NOT NULL,
  PRIMARY KEY (promotion_id, report_id, line),
  FOREIGN KEY (promotion_id) REFERENCES promotion(id)
);
CREATE INDEX promotion_resale_all ON promotion_resale USING btree (promotion_id, arrived, report_id, line);
CREATE INDEX promotion_resale_back ON promotion_resale USING btree (org_id, promotion_id) WHERE (basis = 'back'::text);
CREATE INDEX promotion_resale_list ON promotion_resale USING btree (promotion_id, org_id, arrived, report_id, line);
CREATE INDEX promotion_resale_report ON promotion_resale USING btree (report_id);
CREATE INDEX promotion_resale_sku ON promotion_resale USING btree (promotion_id, sku, arrived, report_id, line);
CREATE TABLE promotion_seat (
  id text NOT NULL, promotion_id text NOT NULL, owner_id text NOT NULL, org_id text NOT NULL, role text NOT NULL, state text NOT NULL, hash text NOT NULL, share bigint NOT NULL, currency text NOT NULL, asked bigint NOT NULL, answered bigint NOT NULL, answered_by text NOT NULL, reason text NOT NULL, taken bigint NOT NULL, volume bigint NOT NULL,
  UNIQUE (promotion_id, org_id),
  PRIMARY KEY (id),
  FOREIGN KEY (org_id) REFERENCES org(id),
  FOREIGN KEY (promotion_id) REFERENCES promotion(id)
);
CREATE INDEX promotion_seat_org ON promotion_seat USING btree (org_id, state, promotion_id);
CREATE TABLE promotion_sum (
  promotion_id text NOT NULL, grain text NOT NULL, org_id text NOT NULL, sku text NOT NULL, method text NOT NULL, currency text NOT NULL, orders bigint NOT NULL, lines bigint NOT NULL, out_lines bigint NOT NULL, counted bigint NOT NULL, confirmed bigint NOT NULL, shipped bigint NOT NULL, invoiced bigint NOT NULL, sold bigint NOT NULL, value bigint NOT NULL, earned bigint NOT NULL,
  PRIMARY KEY (promotion_id, grain, org_id, sku, method, currency),
  FOREIGN KEY (promotion_id) REFERENCES promotion(id)
);
CREATE TABLE promotion_task (
  id text NOT NULL, promotion_id text NOT NULL, owner_id text NOT NULL, org_id text NOT NULL, title text NOT NULL, due text NOT NULL, done bigint NOT NULL, done_by text NOT NULL, made_by text NOT NULL, made bigint NOT NULL,
  PRIMARY KEY (id),
  FOREIGN KEY (promotion_id) REFERENCES promotion(id)
);
CREATE INDEX promotion_task_of ON promotion_task USING btree (promotion_id, org_id, done, due, id);
CREATE TABLE promotion_template (
  id text NOT NULL, owner_id text NOT NULL, name text NOT NULL, body text NOT NULL, made bigint NOT NULL, made_by text NOT NULL,
  PRIMARY KEY (id),
  FOREIGN KEY (owner_id) REFERENCES org(id)
);
CREATE UNIQUE INDEX promotion_template_name ON promotion_template USING btree (owner_id, name);
CREATE TABLE promotion_version (
  id text NOT NULL, promotion_id text NOT NULL, owner_id text NOT NULL, org_id text NOT NULL, number bigint NOT NULL, counter bigint NOT NULL, state text NOT NULL, body text NOT NULL, hash text NOT NULL, note text NOT NULL, made_by text NOT NULL, made bigint NOT NULL, agreed bigint NOT NULL, answered_by text NOT NULL, answered bigint NOT NULL,
  PRIMARY KEY (id),
  FOREIGN KEY (promotion_id) REFERENCES promotion(id)
);
CREATE INDEX promotion_version_of ON promotion_version USING btree (promotion_id, made, id);
CREATE UNIQUE INDEX promotion_counter ON promotion_version USING btree (promotion_id, org_id) WHERE ((number = 0) AND (state = 'open'::text));
CREATE UNIQUE INDEX promotion_version_no ON promotion_version USING btree (promotion_id, number) WHERE (number > 0);
CREATE TABLE purchase_order (
  id text NOT NULL, supplier_id text NOT NULL, reseller_id text NOT NULL, partnership_id text NOT NULL, number text NOT NULL, release_no text NOT NULL, purpose text NOT NULL, kind text NOT NULL, state text NOT NULL, held text NOT NULL, marks bigint NOT NULL, currency text NOT NULL, total bigint NOT NULL, confirmed_total bigint NOT NULL, invoiced_total bigint NOT NULL, line_count bigint NOT NULL, ordered_on text NOT NULL, requested_on text NOT NULL, ship_to text NOT NULL, parties text NOT NULL, references_json text NOT NULL, note text NOT NULL, source text NOT NULL, interchange_id text NOT NULL, set_no bigint NOT NULL, source_key text NOT NULL, copy bigint NOT NULL, content_hash text NOT NULL, placed_by text NOT NULL, received bigint NOT NULL, changed bigint NOT NULL, version bigint NOT NULL, ship_to_unknown text NOT NULL, hold_reason text NOT NULL,
  UNIQUE (supplier_id, reseller_id, number, release_no, copy),
  PRIMARY KEY (id),
  FOREIGN KEY (partnership_id) REFERENCES partnership(id),
  FOREIGN KEY (reseller_id) REFERENCES org(id),
  FOREIGN KEY (supplier_id) REFERENCES org(id)
);
CREATE INDEX order_partnership ON purchase_order USING btree (partnership_id, received, id);
CREATE INDEX order_reseller ON purchase_order USING btree (reseller_id, received, id);
CREATE INDEX order_reseller_held ON purchase_order USING btree (reseller_id, received, id) WHERE (held <> ''::text);
CREATE INDEX order_reseller_marks ON purchase_order USING btree (reseller_id, received, id) WHERE (marks > 0);
CREATE INDEX order_reseller_state ON purchase_order USING btree (reseller_id, state, received, id);
CREATE INDEX order_supplier ON purchase_order USING btree (supplier_id, received, id);
CREATE INDEX order_supplier_held ON purchase_order USING btree (supplier_id, received, id) WHERE (held <> ''::text);
CREATE INDEX order_supplier_marks ON purchase_order USING btree (supplier_id, received, id) WHERE (marks > 0);
CREATE INDEX order_supplier_state ON purchase_order USING btree (supplier_id, state, received, id);
CREATE INDEX purchase_order_ship_to ON purchase_order USING btree (partnership_id, ship_to);
CREATE INDEX purchase_order_unplaced ON purchase_order USING btree (partnership_id, ship_to_unknown, id) WHERE (ship_to_unknown <> ''::text);
CREATE UNIQUE INDEX order_source_key ON purchase_order USING btree (reseller_id, source_key) WHERE (source_key <> ''::text);
CREATE TABLE push_device (
  id text NOT NULL, org_id text NOT NULL, person_id text NOT NULL, session text NOT NULL, hash text NOT NULL, endpoint text NOT NULL, p256dh text NOT NULL, auth text NOT NULL, agent text NOT NULL, made bigint NOT NULL,
  UNIQUE (org_id, person_id, hash),
  PRIMARY KEY (id),
  FOREIGN KEY (org_id) REFERENCES org(id),
  FOREIGN KEY (person_id) REFERENCES person(id)
);
CREATE INDEX push_device_person ON push_device USING btree (person_id);
CREATE INDEX push_device_session ON push_device USING btree (session);
CREATE TABLE push_message (
  id text NOT NULL, device_id text NOT NULL, body text NOT NULL, made bigint NOT NULL, tries bigint NOT NULL, next_at bigint NOT NULL,
  PRIMARY KEY (id),
  FOREIGN KEY (device_id) REFERENCES push_device(id) ON DELETE CASCADE
);
CREATE INDEX push_message_device ON push_message USING btree (device_id);
CREATE INDEX push_message_next ON push_message USING btree (next_at);
CREATE TABLE quote (
  id text NOT NULL, supplier_id text NOT NULL, reseller_id text NOT NULL, partnership_id text NOT NULL, number text NOT NULL, source_key text NOT NULL, state text NOT NULL, lane text NOT NULL, round bigint NOT NULL, currency text NOT NULL, deal_id text NOT NULL, deal_code text NOT NULL, title text NOT NULL, customer text NOT NULL, total bigint NOT NULL, line_count bigint NOT NULL, made bigint NOT NULL, made_by text NOT NULL, made_org text NOT NULL, changed bigint NOT NULL, expires bigint NOT NULL, next_at bigint NOT NULL, warned bigint NOT NULL, reason text NOT NULL, comment text NOT NULL, decided bigint NOT NULL, decided_by text NOT NULL, decided_org text NOT NULL, order_id text NOT NULL, order_number text NOT NULL, offer_approval text NOT NULL, order_approval text NOT NULL, tries bigint NOT NULL, opened bigint NOT NULL, opened_round bigint NOT NULL,
  PRIMARY KEY (id),
  FOREIGN KEY (partnership_id) REFERENCES partnership(id),
  FOREIGN KEY (reseller_id) REFERENCES org(id),
  FOREIGN KEY (supplier_id) REFERENCES org(id)
);
CREATE INDEX quote_deal ON quote USING btree (deal_id, changed) WHERE (deal_id <> ''::text);
CREATE INDEX quote_next ON quote USING btree (next_at, id) WHERE (next_at > 0);
CREATE INDEX quote_reseller ON quote USING btree (reseller_id, lane, changed, id);
CREATE INDEX quote_reseller_all ON quote USING btree (reseller_id, changed, id);
CREATE INDEX quote_supplier ON quote USING btree (supplier_id, lane, changed, id);
CREATE INDEX quote_supplier_all ON quote USING btree (supplier_id, changed, id);
CREATE UNIQUE INDEX quote_number ON quote USING btree (supplier_id, reseller_id, number);
CREATE UNIQUE INDEX quote_source ON quote USING btree (made_org, source_key) WHERE (source_key <> ''::text);
CREATE TABLE quote_order_line (
  order_id text NOT NULL, line bigint NOT NULL, quote_id text NOT NULL, item bigint NOT NULL, supplier_id text NOT NULL, reseller_id text NOT NULL, factor bigint NOT NULL, made bigint NOT NULL,
  PRIMARY KEY (order_id, line),
  FOREIGN KEY (order_id) REFERENCES purchase_order(id),
  FOREIGN KEY (quote_id) REFERENCES quote(id),
  FOREIGN KEY (reseller_id) REFERENCES org(id),
  FOREIGN KEY (supplier_id) REFERENCES org(id)
);
CREATE INDEX quote_order_line_quote ON quote_order_line USING btree (quote_id, order_id);
CREATE TABLE quote_search (
  quote_id text NOT NULL, words tsvector NOT NULL,
  PRIMARY KEY (quote_id)
);
CREATE INDEX quote_search_words ON quote_search USING gin (words);
CREATE TABLE quote_version (
  quote_id text NOT NULL, number bigint NOT NULL, supplier_id text NOT NULL, reseller_id text NOT NULL, kind text NOT NULL, org_id text NOT NULL, person_id text NOT NULL, terms text NOT NULL, hash text NOT NULL, made bigint NOT NULL,
  PRIMARY KEY (quote_id, number),
  FOREIGN KEY (quote_id) REFERENCES quote(id),
  FOREIGN KEY (reseller_id) REFERENCES org(id),
  FOREIGN KEY (supplier_id) REFERENCES org(id)
);
CREATE TABLE room (
  id text NOT NULL, subject_kind text NOT NULL, subject_id text NOT NULL, title text NOT NULL, epoch text NOT NULL, last_seq bigint NOT NULL, state text NOT NULL, created bigint NOT NULL, active bigint NOT NULL, told_seq bigint NOT NULL,
  UNIQUE (subject_kind, subject_id),
  PRIMARY KEY (id)
);
CREATE TABLE room_bot (
  id text NOT NULL, room_id text NOT NULL, org_id text NOT NULL, name text NOT NULL, token_hash text NOT NULL, person_id text NOT NULL, made bigint NOT NULL, used bigint NOT NULL, ended bigint NOT NULL,
  UNIQUE (token_hash),
  PRIMARY KEY (id),
  FOREIGN KEY (org_id) REFERENCES org(id),
  FOREIGN KEY (person_id) REFERENCES person(id),
  FOREIGN KEY (room_id) REFERENCES room(id)
);
CREATE INDEX room_bot_room ON room_bot USING btree (room_id);
CREATE TABLE room_call (
  id text NOT NULL, room_id text NOT NULL, person_id text NOT NULL, org_id text NOT NULL, rev bigint NOT NULL, begun bigint NOT NULL, ended bigint NOT NULL, relay bigint NOT NULL, sfu bigint NOT NULL, sfu_node text NOT NULL, sfu_beat bigint NOT NULL,
  PRIMARY KEY (id),
  FOREIGN KEY (org_id) REFERENCES org(id),
  FOREIGN KEY (person_id) REFERENCES person(id),
  FOREIGN KEY (room_id) REFERENCES room(id)
);
CREATE INDEX room_call_ended ON room_call USING btree (ended);
CREATE UNIQUE INDEX room_call_open ON room_call USING btree (room_id) WHERE (ended = 0);
CREATE TABLE room_call_party (
  id text NOT NULL, call_id text NOT NULL, person_id text NOT NULL, org_id text NOT NULL, mic bigint NOT NULL, camera bigint NOT NULL, screen bigint NOT NULL, joined bigint NOT NULL, beat bigint NOT NULL, gone bigint NOT NULL,
  PRIMARY KEY (id),
  FOREIGN KEY (call_id) REFERENCES room_call(id),
  FOREIGN KEY (org_id) REFERENCES org(id),
  FOREIGN KEY (person_id) REFERENCES person(id)
);
CREATE INDEX room_call_party_beat ON room_call_party USING btree (beat) WHERE (gone = 0);
CREATE INDEX room_call_party_call ON room_call_party USING btree (call_id);
CREATE TABLE room_call_rung (
  call_id text NOT NULL, person_id text NOT NULL, org_id text NOT NULL, declined bigint NOT NULL,
  PRIMARY KEY (call_id, person_id, org_id),
  FOREIGN KEY (call_id) REFERENCES room_call(id),
  FOREIGN KEY (org_id) REFERENCES org(id),
  FOREIGN KEY (person_id) REFERENCES person(id)
);
CREATE TABLE room_draft (
  room_id text NOT NULL, person_id text NOT NULL, org_id text NOT NULL, text text NOT NULL, changed bigint NOT NULL,
  PRIMARY KEY (room_id, person_id, org_id),
  FOREIGN KEY (person_id) REFERENCES person(id),
  FOREIGN KEY (room_id) REFERENCES room(id)
);
CREATE TABLE room_file (
  id text NOT NULL, room_id text NOT NULL, seq bigint NOT NULL, org_id text NOT NULL, person_id text NOT NULL, name text NOT NULL, type text NOT NULL, size bigint NOT NULL, hash text NOT NULL, made bigint NOT NULL, removed bigint NOT NULL,
  PRIMARY KEY (id),
  FOREIGN KEY (org_id) REFERENCES org(id),
  FOREIGN KEY (room_id) REFERENCES room(id)
);
CREATE INDEX room_file_hash ON room_file USING btree (hash);
CREATE INDEX room_file_message ON room_file USING btree (room_id, seq);
CREATE INDEX room_file_org ON room_file USING btree (org_id);
CREATE TABLE room_free (
  room_id text NOT NULL, org_id text NOT NULL, person_id text NOT NULL, made bigint NOT NULL, open bigint NOT NULL,
  PRIMARY KEY (room_id),
  FOREIGN KEY (org_id) REFERENCES org(id),
  FOREIGN KEY (person_id) REFERENCES person(id),
  FOREIGN KEY (room_id) REFERENCES room(id)
);
CREATE TABLE room_guest (
  room_id text NOT NULL, org_id text NOT NULL, person_id text NOT NULL, added bigint NOT NULL,
  PRIMARY KEY (room_id, org_id, person_id),
  FOREIGN KEY (org_id) REFERENCES org(id),
  FOREIGN KEY (person_id) REFERENCES person(id),
  FOREIGN KEY (room_id) REFERENCES room(id)
);
CREATE TABLE room_hold (
  room_id text NOT NULL, org_id text NOT NULL, person_id text NOT NULL, reason text NOT NULL, made bigint NOT NULL, upto bigint NOT NULL, gone bigint NOT NULL,
  PRIMARY KEY (room_id, org_id),
  FOREIGN KEY (org_id) REFERENCES org(id),
  FOREIGN KEY (room_id) REFERENCES room(id)
);
CREATE INDEX room_hold_org ON room_hold USING btree (org_id, made, room_id);
CREATE TABLE room_invite (
  room_id text NOT NULL, org_id text NOT NULL, person_id text NOT NULL, made bigint NOT NULL, declined bigint NOT NULL,
  PRIMARY KEY (room_id, org_id),
  FOREIGN KEY (org_id) REFERENCES org(id),
  FOREIGN KEY (person_id) REFERENCES person(id),
  FOREIGN KEY (room_id) REFERENCES room(id)
);
CREATE INDEX room_invite_org ON room_invite USING btree (org_id, made);
CREATE TABLE room_made (
  room_id text NOT NULL, seq bigint NOT NULL, org_id text NOT NULL, kind text NOT NULL, object text NOT NULL, person_id text NOT NULL, made bigint NOT NULL,
  PRIMARY KEY (room_id, seq, org_id, kind, object),
  FOREIGN KEY (org_id) REFERENCES org(id),
  FOREIGN KEY (person_id) REFERENCES person(id),
  FOREIGN KEY (room_id) REFERENCES room(id)
);
CREATE INDEX room_made_object ON room_made USING btree (org_id, kind, object);
CREATE TABLE room_member (
  room_id text NOT NULL, person_id text NOT NULL, org_id text NOT NULL, last_read bigint NOT NULL, level text NOT NULL, joined bigint NOT NULL,
  PRIMARY KEY (room_id, person_id, org_id),
  FOREIGN KEY (person_id) REFERENCES person(id),
  FOREIGN KEY (room_id) REFERENCES room(id)
);
CREATE INDEX room_member_person ON room_member USING btree (person_id, org_id);
CREATE TABLE room_org (
  room_id text NOT NULL, org_id text NOT NULL, joined bigint NOT NULL,
  PRIMARY KEY (room_id, org_id),
  FOREIGN KEY (org_id) REFERENCES org(id),
  FOREIGN KEY (room_id) REFERENCES room(id)
);
CREATE INDEX room_org_org ON room_org USING btree (org_id, room_id);
CREATE TABLE room_task (
  id text NOT NULL, room_id text NOT NULL, seq bigint NOT NULL, org_id text NOT NULL, person_id text NOT NULL, due text NOT NULL, made bigint NOT NULL, made_org text NOT NULL, made_by text NOT NULL, client_key text NOT NULL, done bigint NOT NULL, done_org text NOT NULL, done_by text NOT NULL,
  UNIQUE (made_by, client_key),
  PRIMARY KEY (id),
  FOREIGN KEY (made_by) REFERENCES person(id),
  FOREIGN KEY (made_org) REFERENCES org(id),
  FOREIGN KEY (org_id) REFERENCES org(id),
  FOREIGN KEY (person_id) REFERENCES person(id),
  FOREIGN KEY (room_id) REFERENCES room(id)
);
CREATE INDEX room_task_open ON room_task USING btree (person_id, org_id, due, id) WHERE (done = 0);
CREATE INDEX room_task_room ON room_task USING btree (room_id, seq);
CREATE TABLE saved_view (
  id text NOT NULL, org_id text NOT NULL, person_id text NOT NULL, list text NOT NULL, name text NOT NULL, query text NOT NULL, shared bigint NOT NULL, made bigint NOT NULL,
  PRIMARY KEY (id),
  FOREIGN KEY (org_id) REFERENCES org(id),
  FOREIGN KEY (person_id) REFERENCES person(id)
);
CREATE UNIQUE INDEX saved_view_name ON saved_view USING btree (org_id, list, person_id, name);
CREATE TABLE sell_chase (
  partnership_id text NOT NULL, period_from text NOT NULL, day text NOT NULL, chased bigint NOT NULL, chased_by text NOT NULL,
  PRIMARY KEY (partnership_id, period_from, day),
  FOREIGN KEY (partnership_id) REFERENCES partnership(id)
);
CREATE TABLE sell_line (
  report_id text NOT NULL, position bigint NOT NULL, product_id text NOT NULL, sku text NOT NULL, buyer_item text NOT NULL, gtin text NOT NULL, description text NOT NULL, kind text NOT NULL, movement text NOT NULL, quantity bigint NOT NULL, unit text NOT NULL, pieces bigint NOT NULL, doubts text NOT NULL, price bigint NOT NULL, currency text NOT NULL, sold_from text NOT NULL, sold_to text NOT NULL, customer_name text NOT NULL, customer_city text NOT NULL, customer_postcode text NOT NULL, customer_country text NOT NULL, customer_list text NOT NULL, customer_code text NOT NULL, place text NOT NULL, promotion text NOT NULL, deal text NOT NULL, reference text NOT NULL,
  PRIMARY KEY (report_id, "position"),
  FOREIGN KEY (report_id) REFERENCES sell_report(id)
);
CREATE INDEX sell_line_buyer ON sell_line USING btree (customer_code, report_id) WHERE (customer_code <> ''::text);
CREATE INDEX sell_line_doubt ON sell_line USING btree (report_id, "position") WHERE (doubts <> ''::text);
CREATE INDEX sell_line_named ON sell_line USING btree (lower(customer_name), report_id) WHERE (customer_name <> ''::text);
CREATE INDEX sell_line_product ON sell_line USING btree (report_id, product_id, sold_to, pieces) WHERE (pieces <> 0);
CREATE TABLE sell_plan (
  partnership_id text NOT NULL, supplier_id text NOT NULL, reseller_id text NOT NULL, grain text NOT NULL, since text NOT NULL, due_days bigint NOT NULL, dual boolean NOT NULL, changed bigint NOT NULL, changed_by text NOT NULL, version bigint NOT NULL,
  PRIMARY KEY (partnership_id),
  FOREIGN KEY (partnership_id) REFERENCES partnership(id)
);
CREATE INDEX sell_plan_reseller ON sell_plan USING btree (reseller_id);
CREATE INDEX sell_plan_supplier ON sell_plan USING btree (supplier_id);
CREATE TABLE sell_report (
  id text NOT NULL, supplier_id text NOT NULL, reseller_id text NOT NULL, partnership_id text NOT NULL, number text NOT NULL, purpose text NOT NULL, made text NOT NULL, period_from text NOT NULL, period_to text NOT NULL, state text NOT NULL, replaced_by text NOT NULL, source text NOT NULL, source_key text NOT NULL, interchange_id text NOT NULL, set_no bigint NOT NULL, currency text NOT NULL, digest text NOT NULL, lines bigint NOT NULL, doubts bigint NOT NULL, received bigint NOT NULL, received_by text NOT NULL,
  PRIMARY KEY (id),
  FOREIGN KEY (partnership_id) REFERENCES partnership(id),
  FOREIGN KEY (reseller_id) REFERENCES org(id),
  FOREIGN KEY (supplier_id) REFERENCES org(id)
);
CREATE INDEX sell_report_number ON sell_report USING btree (partnership_id, number);
CREATE INDEX sell_report_period ON sell_report USING btree (partnership_id, period_to, period_from) WHERE (state = 'current'::text);
CREATE INDEX sell_report_reseller ON sell_report USING btree (reseller_id, received, id);
CREATE INDEX sell_report_supplier ON sell_report USING btree (supplier_id, received, id);
CREATE UNIQUE INDEX sell_report_source ON sell_report USING btree (partnership_id, source_key);
CREATE TABLE send_check (
  partnership_id text NOT NULL, rule text NOT NULL, supplier_id text NOT NULL, severity text NOT NULL, changed bigint NOT NULL, changed_by text NOT NULL,
  PRIMARY KEY (partnership_id, rule),
  FOREIGN KEY (partnership_id) REFERENCES partnership(id),
  FOREIGN KEY (supplier_id) REFERENCES org(id)
);
CREATE TABLE sent_warning (
  id text NOT NULL, order_id text NOT NULL, supplier_id text NOT NULL, kind text NOT NULL, document_id text NOT NULL, number text NOT NULL, findings text NOT NULL, reason text NOT NULL, person_id text NOT NULL, made bigint NOT NULL,
  PRIMARY KEY (id),
  FOREIGN KEY (order_id) REFERENCES purchase_order(id),
  FOREIGN KEY (supplier_id) REFERENCES org(id)
);
CREATE INDEX sent_warning_order ON sent_warning USING btree (order_id, made);
CREATE TABLE session (
  id text NOT NULL, hash text NOT NULL, person_id text NOT NULL, csrf text NOT NULL, addr text NOT NULL, agent text NOT NULL, created bigint NOT NULL, seen bigint NOT NULL, idle_until bigint NOT NULL, end_by bigint NOT NULL, ended bigint NOT NULL,
  UNIQUE (hash),
  PRIMARY KEY (id),
  FOREIGN KEY (person_id) REFERENCES person(id)
);
CREATE INDEX session_person ON session USING btree (person_id, ended);
CREATE TABLE settlement (
  id text NOT NULL, invoice_id text NOT NULL, supplier_id text NOT NULL, reseller_id text NOT NULL, amount bigint NOT NULL, by_kind text NOT NULL, by_id text NOT NULL, position bigint NOT NULL, made bigint NOT NULL,
  PRIMARY KEY (id),
  FOREIGN KEY (invoice_id) REFERENCES invoice(id)
);
CREATE INDEX settlement_by ON settlement USING btree (by_id);
CREATE INDEX settlement_invoice ON settlement USING btree (invoice_id, made, id);
CREATE INDEX settlement_pair ON settlement USING btree (supplier_id, reseller_id);
CREATE TABLE sftp_try (
  org_id text NOT NULL, hour bigint NOT NULL, addr text NOT NULL, login_id text NOT NULL, reason text NOT NULL, login text NOT NULL, times bigint NOT NULL, first_at bigint NOT NULL, last_at bigint NOT NULL,
  PRIMARY KEY (org_id, hour, addr, login_id, reason)
);
CREATE INDEX sftp_try_hour ON sftp_try USING btree (hour);
CREATE TABLE sftp_user (
  org_id text NOT NULL, id text NOT NULL, name text NOT NULL, password text NOT NULL, public_keys text NOT NULL, made_by text NOT NULL, created bigint NOT NULL, used bigint NOT NULL,
  UNIQUE (name),
  PRIMARY KEY (org_id, id),
  FOREIGN KEY (org_id) REFERENCES org(id)
);
CREATE TABLE shipment (
  id text NOT NULL, order_id text NOT NULL, supplier_id text NOT NULL, reseller_id text NOT NULL, number text NOT NULL, shipped_on text NOT NULL, carrier text NOT NULL, tracking text NOT NULL, made_by text NOT NULL, made bigint NOT NULL, received_by text NOT NULL, received bigint NOT NULL,
  UNIQUE (supplier_id, number),
  PRIMARY KEY (id),
  FOREIGN KEY (order_id) REFERENCES purchase_order(id)
);
CREATE INDEX shipment_open ON shipment USING btree (reseller_id, made, id) WHERE (received = 0);
CREATE INDEX shipment_order ON shipment USING btree (order_id, made);
CREATE TABLE shipment_line (
  shipment_id text NOT NULL, line bigint NOT NULL, quantity bigint NOT NULL, received bigint NOT NULL,
  PRIMARY KEY (shipment_id, line),
  FOREIGN KEY (shipment_id) REFERENCES shipment(id)
);
CREATE TABLE shipped_pack (
  supplier_id text NOT NULL, sscc text NOT NULL, number text NOT NULL, made bigint NOT NULL,
  PRIMARY KEY (supplier_id, sscc),
  FOREIGN KEY (supplier_id) REFERENCES org(id)
);
CREATE TABLE stock (
  org_id text NOT NULL, product_id text NOT NULL, place text NOT NULL, quantity bigint NOT NULL, as_of bigint NOT NULL, source text NOT NULL, changed_by text NOT NULL,
  PRIMARY KEY (org_id, product_id, place),
  FOREIGN KEY (org_id) REFERENCES org(id)
);
CREATE INDEX stock_changed ON stock USING btree (org_id, as_of);
CREATE TABLE stock_report (
  id text NOT NULL, supplier_id text NOT NULL, reseller_id text NOT NULL, partnership_id text NOT NULL, number text NOT NULL, day text NOT NULL, source text NOT NULL, source_key text NOT NULL, interchange_id text NOT NULL, line_count bigint NOT NULL, unknown bigint NOT NULL, received bigint NOT NULL,
  UNIQUE (reseller_id, source_key),
  PRIMARY KEY (id),
  FOREIGN KEY (reseller_id) REFERENCES org(id),
  FOREIGN KEY (supplier_id) REFERENCES org(id)
);
CREATE INDEX stock_report_pair ON stock_report USING btree (supplier_id, reseller_id, day, received, id);
CREATE TABLE stock_report_line (
  report_id text NOT NULL, position bigint NOT NULL, supplier_id text NOT NULL, reseller_id text NOT NULL, product_id text NOT NULL, sku text NOT NULL, buyer_item text NOT NULL, gtin text NOT NULL, place text NOT NULL, kind text NOT NULL, quantity bigint NOT NULL, unit text NOT NULL, pieces bigint NOT NULL,
  PRIMARY KEY (report_id, "position"),
  FOREIGN KEY (report_id) REFERENCES stock_report(id)
);
CREATE TABLE suggestion (
  id text NOT NULL, org_id text NOT NULL, rule_id text NOT NULL, rule_name text NOT NULL, about text NOT NULL, condition text NOT NULL, partner_id text NOT NULL, object_id text NOT NULL, object text NOT NULL, occasion text NOT NULL, facts text NOT NULL, action text NOT NULL, promotion_id text NOT NULL, state text NOT NULL, until bigint NOT NULL, reason text NOT NULL, words text NOT NULL, made bigint NOT NULL, decided bigint NOT NULL, decided_by text NOT NULL,
  PRIMARY KEY (id),
  FOREIGN KEY (org_id) REFERENCES org(id)
);
CREATE INDEX suggestion_of ON suggestion USING btree (org_id, state, made, id);
CREATE UNIQUE INDEX suggestion_once ON suggestion USING btree (rule_id, partner_id, occasion);
CREATE TABLE talk_policy (
  org_id text NOT NULL, keep_days bigint NOT NULL, person_id text NOT NULL, changed bigint NOT NULL,
  PRIMARY KEY (org_id),
  FOREIGN KEY (org_id) REFERENCES org(id)
);
CREATE TABLE throttle (
  key text NOT NULL, failures bigint NOT NULL, since bigint NOT NULL, until bigint NOT NULL,
  PRIMARY KEY (key)
);
CREATE TABLE trade_reply (
  id text NOT NULL, supplier_id text NOT NULL, reseller_id text NOT NULL, partnership_id text NOT NULL, kind text NOT NULL, number text NOT NULL, order_number text NOT NULL, release_no text NOT NULL, order_id text NOT NULL, made_id text NOT NULL, outcome text NOT NULL, reason text NOT NULL, args text NOT NULL, document text NOT NULL, content_hash text NOT NULL, inferred boolean NOT NULL, packs text NOT NULL, source text NOT NULL, source_key text NOT NULL, interchange_id text NOT NULL, set_no bigint NOT NULL, syntax text NOT NULL, made bigint NOT NULL, due bigint NOT NULL, settled bigint NOT NULL, settled_by text NOT NULL, settled_org text NOT NULL, note text NOT NULL, findings text NOT NULL, released text NOT NULL,
  PRIMARY KEY (id),
  FOREIGN KEY (partnership_id) REFERENCES partnership(id),
  FOREIGN KEY (reseller_id) REFERENCES org(id),
  FOREIGN KEY (supplier_id) REFERENCES org(id)
);
CREATE INDEX trade_reply_due ON trade_reply USING btree (due, id) WHERE (outcome = 'waiting'::text);
CREATE INDEX trade_reply_key ON trade_reply USING btree (supplier_id, kind, number, made);
CREATE INDEX trade_reply_made ON trade_reply USING btree (made_id) WHERE (made_id <> ''::text);
CREATE INDEX trade_reply_order ON trade_reply USING btree (order_id, made) WHERE (order_id <> ''::text);
CREATE INDEX trade_reply_reseller ON trade_reply USING btree (reseller_id, made, id) WHERE (outcome = ANY (ARRAY['waiting'::text, 'held'::text]));
CREATE INDEX trade_reply_supplier ON trade_reply USING btree (supplier_id, made, id) WHERE (outcome = ANY (ARRAY['waiting'::text, 'held'::text]));
CREATE INDEX trade_reply_wanted ON trade_reply USING btree (supplier_id, reseller_id, order_number) WHERE (outcome = ANY (ARRAY['waiting'::text, 'held'::text]));
CREATE UNIQUE INDEX trade_reply_source ON trade_reply USING btree (supplier_id, source_key) WHERE (source_key <> ''::text);
CREATE TABLE trigger_rule (
  id text NOT NULL, org_id text NOT NULL, name text NOT NULL, about text NOT NULL, condition text NOT NULL, action text NOT NULL, promotion_id text NOT NULL, quiet bigint NOT NULL, active bigint NOT NULL, next_at bigint NOT NULL, ran bigint NOT NULL, made bigint NOT NULL, made_by text NOT NULL, changed bigint NOT NULL, version bigint NOT NULL,
  PRIMARY KEY (id),
  FOREIGN KEY (org_id) REFERENCES org(id)
);
CREATE INDEX trigger_rule_due ON trigger_rule USING btree (active, next_at);
CREATE INDEX trigger_rule_of ON trigger_rule USING btree (org_id, made);
CREATE TABLE upload (
  hash text NOT NULL, size bigint NOT NULL, place text NOT NULL, data bytea, created bigint NOT NULL, marked bigint NOT NULL,
  PRIMARY KEY (hash)
);
CREATE TABLE webhook (
  org_id text NOT NULL, id text NOT NULL, url text NOT NULL, events text NOT NULL, active bigint NOT NULL, secret bytea, old_secret bytea, old_until bigint NOT NULL, failing bigint NOT NULL, paused bigint NOT NULL, paused_why text NOT NULL, made_by text NOT NULL, created bigint NOT NULL, changed bigint NOT NULL,
  UNIQUE (id),
  PRIMARY KEY (org_id, id),
  FOREIGN KEY (org_id) REFERENCES org(id)
);
CREATE TABLE webhook_attempt (
  delivery_id text NOT NULL, number bigint NOT NULL, org_id text NOT NULL, happened bigint NOT NULL, took bigint NOT NULL, status bigint NOT NULL, outcome text NOT NULL,
  PRIMARY KEY (delivery_id, number),
  FOREIGN KEY (delivery_id) REFERENCES webhook_delivery(id)
);
CREATE TABLE webhook_delivery (
  id text NOT NULL, org_id text NOT NULL, webhook_id text NOT NULL, event_id text NOT NULL, kind text NOT NULL, body text NOT NULL, place bigint NOT NULL, state text NOT NULL, attempts bigint NOT NULL, fence bigint NOT NULL, next_at bigint NOT NULL, created bigint NOT NULL, settled bigint NOT NULL,
  UNIQUE (webhook_id, event_id),
  PRIMARY KEY (id),
  FOREIGN KEY (org_id, webhook_id) REFERENCES webhook(org_id, id)
);
CREATE INDEX webhook_delivery_due ON webhook_delivery USING btree (webhook_id, place, id) WHERE (state = 'queued'::text);
CREATE INDEX webhook_delivery_list ON webhook_delivery USING btree (webhook_id, created, id);
CREATE OR REPLACE FUNCTION audit_guard()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
BEGIN
  IF TG_OP IN ('DELETE', 'TRUNCATE') OR OLD.seal IS NOT NULL OR (NEW.id, NEW.org_id, NEW.person_id, NEW.via, NEW.action, NEW.subject_kind, NEW.subject_id, NEW.outcome, NEW.addr, NEW.happened)
    IS DISTINCT FROM (OLD.id, OLD.org_id, OLD.person_id, OLD.via, OLD.action, OLD.subject_kind, OLD.subject_id, OLD.outcome, OLD.addr, OLD.happened) THEN
    RAISE EXCEPTION 'the audit log only grows';
  END IF;
  RETURN NEW;
END $function$;
CREATE OR REPLACE FUNCTION engagement_snapshot_fixed()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$ BEGIN RAISE EXCEPTION 'a snapshot never changes'; END $function$;
CREATE OR REPLACE FUNCTION fund_guard()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
BEGIN
  RAISE EXCEPTION 'the ledger only grows';
END $function$;
