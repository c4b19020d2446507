-- The schema after all migrations, written by: go test ./db/migrate -run TestDump -update

CREATE TABLE absence (
  org_id TEXT NOT NULL REFERENCES org(id), id TEXT NOT NULL, person_id TEXT NOT NULL REFERENCES person(id), from_on TEXT NOT NULL, to_on TEXT NOT NULL, starts INTEGER NOT NULL, ends INTEGER NOT NULL, cover_id TEXT NOT NULL, created INTEGER NOT NULL, PRIMARY KEY (org_id, id)
);
CREATE INDEX absence_ends ON absence (org_id, ends);
CREATE INDEX absence_person ON absence (org_id, person_id, ends);
CREATE TABLE answer_time (
  partnership_id TEXT PRIMARY KEY REFERENCES partnership(id), supplier_id TEXT NOT NULL, reseller_id TEXT NOT NULL, hours INTEGER NOT NULL, changed INTEGER NOT NULL, changed_by TEXT NOT NULL
);
CREATE TABLE api_token (
  org_id TEXT NOT NULL REFERENCES org(id), id TEXT NOT NULL, person_id TEXT NOT NULL REFERENCES person(id), name TEXT NOT NULL, hash TEXT NOT NULL UNIQUE, hint TEXT NOT NULL,
  scopes TEXT NOT NULL, created INTEGER NOT NULL, expires INTEGER NOT NULL, used INTEGER NOT NULL, revoked INTEGER NOT NULL, PRIMARY KEY (org_id, id)
);
CREATE INDEX api_token_person ON api_token (person_id);
CREATE TABLE approval (
  id TEXT PRIMARY KEY, org_id TEXT NOT NULL REFERENCES org(id), partner_id TEXT NOT NULL REFERENCES org(id), partnership_id TEXT NOT NULL REFERENCES partnership(id), about TEXT NOT NULL, kind TEXT NOT NULL, subject_id TEXT NOT NULL,
  number TEXT NOT NULL, state TEXT NOT NULL, currency TEXT NOT NULL, amount INTEGER NOT NULL, content TEXT NOT NULL, source_key TEXT NOT NULL, asked INTEGER NOT NULL, asked_by TEXT NOT NULL, due INTEGER NOT NULL, overdue INTEGER NOT NULL,
  decided INTEGER NOT NULL, decided_by TEXT NOT NULL, reason TEXT NOT NULL, made_id TEXT NOT NULL
, others TEXT NOT NULL DEFAULT '');
CREATE INDEX approval_due ON approval (due, id) WHERE state = 'waiting' AND overdue = 0;
CREATE INDEX approval_list ON approval (org_id, state, asked, id);
CREATE UNIQUE INDEX approval_source ON approval (org_id, source_key) WHERE source_key <> '';
CREATE INDEX approval_subject ON approval (subject_id, state);
CREATE TABLE approval_rule (
  id TEXT PRIMARY KEY, org_id TEXT NOT NULL REFERENCES org(id), about TEXT NOT NULL, test TEXT NOT NULL, currency TEXT NOT NULL, amount INTEGER NOT NULL, percent INTEGER NOT NULL,
  role TEXT NOT NULL, person_id TEXT NOT NULL, four_eyes INTEGER NOT NULL, active INTEGER NOT NULL, made INTEGER NOT NULL, changed INTEGER NOT NULL, changed_by TEXT NOT NULL, version INTEGER NOT NULL
);
CREATE INDEX approval_rule_org ON approval_rule (org_id, made, id);
CREATE TABLE approval_step (
  approval_id TEXT NOT NULL REFERENCES approval(id), position INTEGER NOT NULL, rule_id TEXT NOT NULL, test TEXT NOT NULL, facts TEXT NOT NULL, role TEXT NOT NULL, person_id TEXT NOT NULL, four_eyes INTEGER NOT NULL,
  decided INTEGER NOT NULL, decided_by TEXT NOT NULL, PRIMARY KEY (approval_id, position)
);
CREATE TABLE as2_attempt (
  message_id TEXT NOT NULL REFERENCES as2_message(id), number INTEGER NOT NULL, supplier_id TEXT NOT NULL, reseller_id TEXT NOT NULL, happened INTEGER NOT NULL, took INTEGER NOT NULL, outcome TEXT NOT NULL, detail TEXT NOT NULL, PRIMARY KEY (message_id, number)
);
CREATE TABLE as2_certificate (
  org_id TEXT NOT NULL REFERENCES org(id), id TEXT NOT NULL, purpose TEXT NOT NULL, der BLOB NOT NULL, private BLOB, fingerprint TEXT NOT NULL, subject TEXT NOT NULL, issuer TEXT NOT NULL, serial TEXT NOT NULL, algorithm TEXT NOT NULL,
  not_before INTEGER NOT NULL, not_after INTEGER NOT NULL, use_from INTEGER NOT NULL, retired INTEGER NOT NULL, warned INTEGER NOT NULL, made_by TEXT NOT NULL, created INTEGER NOT NULL, announced INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (org_id, id), UNIQUE (org_id, fingerprint)
);
CREATE TABLE as2_confirmation (
  org_id TEXT NOT NULL, certificate_id TEXT NOT NULL, partnership_id TEXT NOT NULL, supplier_id TEXT NOT NULL, reseller_id TEXT NOT NULL,
  how TEXT NOT NULL, person_id TEXT NOT NULL, at INTEGER NOT NULL,
  PRIMARY KEY (org_id, partnership_id, certificate_id)
) WITHOUT ROWID;
CREATE TABLE as2_echo (
  partnership_id TEXT NOT NULL, org_id TEXT NOT NULL REFERENCES org(id), supplier_id TEXT NOT NULL, reseller_id TEXT NOT NULL, happened INTEGER NOT NULL, person_id TEXT NOT NULL, good INTEGER NOT NULL, advice TEXT NOT NULL, steps TEXT NOT NULL, PRIMARY KEY (partnership_id, org_id)
);
CREATE TABLE as2_message (
  id TEXT PRIMARY KEY, direction TEXT NOT NULL, partnership_id TEXT NOT NULL, supplier_id TEXT NOT NULL, reseller_id TEXT NOT NULL, sender_id TEXT NOT NULL REFERENCES org(id), receiver_id TEXT NOT NULL REFERENCES org(id),
  as2_from TEXT NOT NULL, as2_to TEXT NOT NULL, message_id TEXT NOT NULL, proved BOOLEAN NOT NULL, interchanges TEXT NOT NULL, submission_id TEXT NOT NULL,
  headers TEXT NOT NULL, sent TEXT NOT NULL, blob TEXT NOT NULL, size INTEGER NOT NULL, body_hash TEXT NOT NULL, content_hash TEXT NOT NULL, mic TEXT NOT NULL, mic_algorithm TEXT NOT NULL, security TEXT NOT NULL, file_names TEXT NOT NULL,
  state TEXT NOT NULL, disposition TEXT NOT NULL, reason TEXT NOT NULL, receipt_headers TEXT NOT NULL, receipt BLOB, receipt_url TEXT NOT NULL, receipt_mic TEXT NOT NULL, receipt_proved BOOLEAN NOT NULL,
  lane TEXT NOT NULL, next_at INTEGER NOT NULL, attempts INTEGER NOT NULL, fence INTEGER NOT NULL, last_error TEXT NOT NULL, happened INTEGER NOT NULL, settled INTEGER NOT NULL
);
CREATE INDEX as2_message_due ON as2_message (next_at, state, lane) WHERE next_at > 0;
CREATE INDEX as2_message_file ON as2_message (file_names);
CREATE INDEX as2_message_name ON as2_message (message_id);
CREATE UNIQUE INDEX as2_message_once ON as2_message (as2_from, as2_to, message_id, direction) WHERE proved;
CREATE INDEX as2_message_reseller ON as2_message (reseller_id, happened, id);
CREATE INDEX as2_message_submission ON as2_message (submission_id);
CREATE INDEX as2_message_supplier ON as2_message (supplier_id, happened, id);
CREATE TABLE as2_refused (
  org_id TEXT NOT NULL, hour INTEGER NOT NULL, addr TEXT NOT NULL, times INTEGER NOT NULL, first_at INTEGER NOT NULL, last_at INTEGER NOT NULL, as2_from TEXT NOT NULL, as2_to TEXT NOT NULL, reason TEXT NOT NULL, PRIMARY KEY (org_id, hour, addr)
);
CREATE INDEX as2_refused_hour ON as2_refused (hour);
CREATE TABLE as2_station (
  org_id TEXT PRIMARY KEY REFERENCES org(id), url TEXT NOT NULL, receipt_hosts TEXT NOT NULL, changed INTEGER NOT NULL, changed_by TEXT NOT NULL
, http_user TEXT NOT NULL DEFAULT '', http_secret BLOB, locked INTEGER NOT NULL DEFAULT 0, locked_by TEXT NOT NULL DEFAULT '');
CREATE TABLE as2_terms (
  partnership_id TEXT NOT NULL, sender_id TEXT NOT NULL REFERENCES org(id), supplier_id TEXT NOT NULL, reseller_id TEXT NOT NULL, terms TEXT NOT NULL, version INTEGER NOT NULL, changed INTEGER NOT NULL, changed_by TEXT NOT NULL, PRIMARY KEY (partnership_id, sender_id)
);
CREATE TABLE audit (
  id TEXT PRIMARY KEY, org_id TEXT NOT NULL, position INTEGER, person_id TEXT NOT NULL, via TEXT NOT NULL, action TEXT NOT NULL, subject_kind TEXT NOT NULL, subject_id TEXT NOT NULL, outcome TEXT NOT NULL, addr TEXT NOT NULL, happened INTEGER NOT NULL, seal TEXT
);
CREATE INDEX audit_org ON audit (org_id, happened, id);
CREATE UNIQUE INDEX audit_position ON audit (org_id, position) WHERE position IS NOT NULL;
CREATE INDEX audit_subject ON audit (subject_id, org_id, happened, id);
CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit BEGIN SELECT RAISE(ABORT, 'the audit log only grows'); END;
CREATE TRIGGER audit_no_replace BEFORE INSERT ON audit WHEN EXISTS (SELECT 1 FROM audit WHERE id = NEW.id OR org_id = NEW.org_id AND position = NEW.position) BEGIN SELECT RAISE(ABORT, 'the audit log only grows'); END;
CREATE TRIGGER audit_no_update BEFORE UPDATE ON audit WHEN OLD.seal IS NOT NULL OR NEW.id IS NOT OLD.id OR NEW.org_id IS NOT OLD.org_id OR NEW.person_id IS NOT OLD.person_id OR NEW.via IS NOT OLD.via OR NEW.action IS NOT OLD.action
  OR NEW.subject_kind IS NOT OLD.subject_kind OR NEW.subject_id IS NOT OLD.subject_id OR NEW.outcome IS NOT OLD.outcome OR NEW.addr IS NOT OLD.addr OR NEW.happened IS NOT OLD.happened
  BEGIN SELECT RAISE(ABORT, 'the audit log only grows'); END;
CREATE TABLE blanket (
  order_id TEXT PRIMARY KEY REFERENCES purchase_order(id), supplier_id TEXT NOT NULL REFERENCES org(id), reseller_id TEXT NOT NULL REFERENCES org(id), number TEXT NOT NULL,
  valid_from TEXT NOT NULL, valid_until TEXT NOT NULL, closed INTEGER NOT NULL, closed_by TEXT NOT NULL, closed_org TEXT NOT NULL, reason TEXT NOT NULL
);
CREATE INDEX blanket_number ON blanket (supplier_id, reseller_id, number);
CREATE TABLE blanket_release (
  order_id TEXT PRIMARY KEY REFERENCES purchase_order(id), blanket_id TEXT NOT NULL, supplier_id TEXT NOT NULL REFERENCES org(id), reseller_id TEXT NOT NULL REFERENCES org(id), number TEXT NOT NULL, made INTEGER NOT NULL
);
CREATE INDEX blanket_release_blanket ON blanket_release (blanket_id, made, order_id);
CREATE INDEX blanket_release_number ON blanket_release (supplier_id, reseller_id, number);
CREATE TABLE blob (
  hash TEXT PRIMARY KEY, size INTEGER NOT NULL, place TEXT NOT NULL, data BLOB, created INTEGER NOT NULL
);
CREATE TABLE calendar (
  org_id TEXT NOT NULL REFERENCES org(id), version INTEGER NOT NULL, zone TEXT NOT NULL, country TEXT NOT NULL, body TEXT NOT NULL, changed INTEGER NOT NULL, changed_by TEXT NOT NULL, PRIMARY KEY (org_id, version)
);
CREATE TABLE call_policy (
  org_id TEXT PRIMARY KEY REFERENCES org(id), relay INTEGER NOT NULL, person_id TEXT NOT NULL REFERENCES person(id), changed INTEGER NOT NULL
);
CREATE TABLE campaign (
  id TEXT PRIMARY KEY, org_id TEXT NOT NULL REFERENCES org(id), promotion_id TEXT NOT NULL REFERENCES promotion(id), page_org_id TEXT NOT NULL REFERENCES org(id), name TEXT NOT NULL, ref TEXT NOT NULL, segment TEXT NOT NULL, body TEXT NOT NULL, pause INTEGER NOT NULL,
  state TEXT NOT NULL, reason TEXT NOT NULL, reply_to TEXT NOT NULL, starts INTEGER NOT NULL, next_at INTEGER NOT NULL, seen TEXT NOT NULL, slices INTEGER NOT NULL, finished INTEGER NOT NULL, made INTEGER NOT NULL, made_by TEXT NOT NULL, changed INTEGER NOT NULL, version INTEGER NOT NULL
);
CREATE INDEX campaign_due ON campaign (state, next_at);
CREATE INDEX campaign_of ON campaign (org_id, promotion_id, made);
CREATE TABLE campaign_mail (
  campaign_id TEXT NOT NULL REFERENCES campaign(id), contact_id TEXT NOT NULL, org_id TEXT NOT NULL, promotion_id TEXT NOT NULL, customer_id TEXT NOT NULL, address TEXT NOT NULL, language TEXT NOT NULL, state TEXT NOT NULL, reason TEXT NOT NULL, happened INTEGER NOT NULL, stopped INTEGER NOT NULL,
  PRIMARY KEY (campaign_id, contact_id)
);
CREATE INDEX campaign_mail_rate ON campaign_mail (org_id, happened);
CREATE INDEX campaign_mail_to ON campaign_mail (org_id, promotion_id, address, happened);
CREATE TABLE campaign_stop (
  org_id TEXT NOT NULL REFERENCES org(id), address TEXT NOT NULL, reason TEXT NOT NULL, happened INTEGER NOT NULL, PRIMARY KEY (org_id, address)
);
CREATE TABLE catalog_terms (
  org_id TEXT NOT NULL REFERENCES org(id), partner_id TEXT NOT NULL, stock_shown TEXT NOT NULL, stock_low INTEGER NOT NULL, stock_edi BOOLEAN NOT NULL, prices_edi BOOLEAN NOT NULL, stock_sent INTEGER NOT NULL,
  changed INTEGER NOT NULL, changed_by TEXT NOT NULL, PRIMARY KEY (org_id, partner_id)
);
CREATE TABLE claim_notice (
  id TEXT PRIMARY KEY, owner_id TEXT NOT NULL REFERENCES org(id), org_id TEXT NOT NULL REFERENCES org(id), partnership_id TEXT NOT NULL REFERENCES partnership(id), number TEXT NOT NULL, purpose TEXT NOT NULL, issued_on TEXT NOT NULL, digest TEXT NOT NULL, state TEXT NOT NULL, reason TEXT NOT NULL,
  interchange_id TEXT NOT NULL, set_no INTEGER NOT NULL, received INTEGER NOT NULL, UNIQUE (interchange_id, set_no)
);
CREATE INDEX claim_notice_number ON claim_notice (owner_id, org_id, number);
CREATE INDEX claim_notice_org ON claim_notice (org_id, received, id);
CREATE INDEX claim_notice_owner ON claim_notice (owner_id, received, id);
CREATE TABLE claim_notice_answer (
  id TEXT PRIMARY KEY, notice_id TEXT NOT NULL REFERENCES claim_notice(id), owner_id TEXT NOT NULL REFERENCES org(id), org_id TEXT NOT NULL REFERENCES org(id), place INTEGER NOT NULL, mark TEXT NOT NULL, final INTEGER NOT NULL, made INTEGER NOT NULL, UNIQUE (notice_id, place)
);
CREATE TABLE claim_notice_line (
  notice_id TEXT NOT NULL REFERENCES claim_notice(id), part INTEGER NOT NULL, line INTEGER NOT NULL, owner_id TEXT NOT NULL REFERENCES org(id), org_id TEXT NOT NULL REFERENCES org(id), claim_id TEXT NOT NULL, position INTEGER NOT NULL, PRIMARY KEY (notice_id, part, line)
);
CREATE INDEX claim_notice_line_claim ON claim_notice_line (claim_id);
CREATE TABLE claim_notice_part (
  notice_id TEXT NOT NULL REFERENCES claim_notice(id), part INTEGER NOT NULL, owner_id TEXT NOT NULL REFERENCES org(id), org_id TEXT NOT NULL REFERENCES org(id), number TEXT NOT NULL, subject TEXT NOT NULL, claim_id TEXT NOT NULL, reason TEXT NOT NULL, PRIMARY KEY (notice_id, part)
);
CREATE INDEX claim_notice_part_claim ON claim_notice_part (claim_id) WHERE claim_id <> '';
CREATE TABLE company_logo (
  org_id TEXT PRIMARY KEY REFERENCES org(id), hash TEXT NOT NULL, width INTEGER NOT NULL, height INTEGER NOT NULL, changed INTEGER NOT NULL, changed_by TEXT NOT NULL
);
CREATE INDEX company_logo_hash ON company_logo (hash);
CREATE TABLE contact (
  org_id TEXT NOT NULL REFERENCES org(id), id TEXT NOT NULL, customer_id TEXT NOT NULL, name TEXT NOT NULL, title TEXT NOT NULL, mail TEXT NOT NULL, phone TEXT NOT NULL,
  may_contact BOOLEAN NOT NULL, may_share BOOLEAN NOT NULL, basis TEXT NOT NULL, given INTEGER NOT NULL, given_by TEXT NOT NULL,
  created INTEGER NOT NULL, changed INTEGER NOT NULL, version INTEGER NOT NULL, withdrawn INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (org_id, id)
);
CREATE INDEX contact_customer ON contact (org_id, customer_id);
CREATE TABLE counter (
  name TEXT PRIMARY KEY, value INTEGER NOT NULL
);
CREATE TABLE customer (
  org_id TEXT NOT NULL REFERENCES org(id), id TEXT NOT NULL, name TEXT NOT NULL, country TEXT NOT NULL, city TEXT NOT NULL, street TEXT NOT NULL, postcode TEXT NOT NULL,
  tax_id TEXT NOT NULL, gln TEXT NOT NULL, duns TEXT NOT NULL, web TEXT NOT NULL, note TEXT NOT NULL, external TEXT NOT NULL, sorted TEXT NOT NULL, block TEXT NOT NULL,
  state TEXT NOT NULL, into_id TEXT NOT NULL, made_by TEXT NOT NULL, created INTEGER NOT NULL, changed INTEGER NOT NULL, version INTEGER NOT NULL, PRIMARY KEY (org_id, id)
);
CREATE INDEX customer_block ON customer (org_id, block) WHERE block <> '';
CREATE UNIQUE INDEX customer_external ON customer (org_id, external) WHERE external <> '' AND state = 'active';
CREATE INDEX customer_sorted ON customer (org_id, state, sorted, id);
CREATE TABLE customer_key (
  org_id TEXT NOT NULL, kind TEXT NOT NULL, value TEXT NOT NULL, customer_id TEXT NOT NULL, PRIMARY KEY (org_id, kind, value, customer_id)
);
CREATE INDEX customer_key_customer ON customer_key (org_id, customer_id, kind, value);
CREATE TABLE customer_merge (
  org_id TEXT NOT NULL REFERENCES org(id), id TEXT NOT NULL, winner_id TEXT NOT NULL, loser_id TEXT NOT NULL, before TEXT NOT NULL, made_by TEXT NOT NULL, made INTEGER NOT NULL, undone INTEGER NOT NULL,
  PRIMARY KEY (org_id, id)
);
CREATE INDEX customer_merge_winner ON customer_merge (org_id, winner_id, made);
CREATE TABLE customer_search (
  doc INTEGER PRIMARY KEY, customer_id TEXT NOT NULL UNIQUE, words TEXT NOT NULL
);
CREATE TRIGGER customer_search_delete AFTER DELETE ON customer_search BEGIN INSERT INTO customer_search_fts (customer_search_fts, rowid, words) VALUES ('delete', OLD.doc, OLD.words); END;
CREATE TRIGGER customer_search_insert AFTER INSERT ON customer_search BEGIN INSERT INTO customer_search_fts (rowid, words) VALUES (NEW.doc, NEW.words); END;
CREATE TRIGGER customer_search_update AFTER UPDATE ON customer_search BEGIN
  INSERT INTO customer_search_fts (customer_search_fts, rowid, words) VALUES ('delete', OLD.doc, OLD.words);
  INSERT INTO customer_search_fts (rowid, words) VALUES (NEW.doc, NEW.words);
END;
CREATE VIRTUAL TABLE customer_search_fts USING fts5 (words, content='customer_search', content_rowid='doc', tokenize='unicode61 remove_diacritics 2');
CREATE TABLE data_file (
  id TEXT PRIMARY KEY, org_id TEXT NOT NULL REFERENCES org(id), kind TEXT NOT NULL, partnership_id TEXT NOT NULL, name TEXT NOT NULL, hash TEXT NOT NULL, size INTEGER NOT NULL, format TEXT NOT NULL, charset TEXT NOT NULL, delimiter TEXT NOT NULL, sheet TEXT NOT NULL,
  shape TEXT NOT NULL, mapping TEXT NOT NULL, sample TEXT NOT NULL, head TEXT NOT NULL, state TEXT NOT NULL, problem TEXT NOT NULL, read_to INTEGER NOT NULL, read_rows INTEGER NOT NULL, generation INTEGER NOT NULL, known INTEGER NOT NULL,
  lease_by TEXT NOT NULL, lease_until INTEGER NOT NULL, tries INTEGER NOT NULL, turn INTEGER NOT NULL, made INTEGER NOT NULL, made_by TEXT NOT NULL, changed INTEGER NOT NULL
);
CREATE INDEX data_file_due ON data_file (turn) WHERE state IN ('reading', 'applying');
CREATE INDEX data_file_hash ON data_file (hash);
CREATE INDEX data_file_org ON data_file (org_id, kind, made, id);
CREATE TABLE data_group (
  file_id TEXT NOT NULL REFERENCES data_file(id), org_id TEXT NOT NULL REFERENCES org(id), grp TEXT NOT NULL, position INTEGER NOT NULL, lines INTEGER NOT NULL, outcome TEXT NOT NULL, subject TEXT NOT NULL, label TEXT NOT NULL, problem TEXT NOT NULL,
  PRIMARY KEY (file_id, grp)
);
CREATE INDEX data_group_open ON data_group (file_id, position) WHERE outcome = '';
CREATE INDEX data_group_place ON data_group (file_id, position);
CREATE TABLE data_layout (
  org_id TEXT NOT NULL REFERENCES org(id), kind TEXT NOT NULL, shape TEXT NOT NULL, mapping TEXT NOT NULL, changed INTEGER NOT NULL, PRIMARY KEY (org_id, kind, shape)
);
CREATE TABLE data_row (
  file_id TEXT NOT NULL REFERENCES data_file(id), org_id TEXT NOT NULL REFERENCES org(id), row_no INTEGER NOT NULL, grp TEXT NOT NULL, cells TEXT NOT NULL, fields TEXT NOT NULL, wrong TEXT NOT NULL, doubt TEXT NOT NULL, twice INTEGER NOT NULL, dropped INTEGER NOT NULL,
  PRIMARY KEY (file_id, row_no)
);
CREATE INDEX data_row_group ON data_row (file_id, grp, row_no);
CREATE INDEX data_row_wrong ON data_row (file_id, row_no) WHERE dropped = 0 AND (wrong <> '' OR twice = 1);
CREATE TABLE deal (
  id TEXT PRIMARY KEY, code TEXT NOT NULL, supplier_id TEXT NOT NULL REFERENCES org(id), registrant_id TEXT NOT NULL REFERENCES org(id), fulfiller_id TEXT NOT NULL, partnership_id TEXT NOT NULL REFERENCES partnership(id),
  pen TEXT NOT NULL, decision TEXT NOT NULL, supplier_lane TEXT NOT NULL, supplier_due INTEGER NOT NULL, registrant_lane TEXT NOT NULL, registrant_due INTEGER NOT NULL, counting BOOLEAN NOT NULL,
  kind TEXT NOT NULL, title TEXT NOT NULL, customer_name TEXT NOT NULL, value INTEGER NOT NULL, currency TEXT NOT NULL, close_on TEXT NOT NULL, tender TEXT NOT NULL, body TEXT NOT NULL, keys TEXT NOT NULL, block TEXT NOT NULL, families TEXT NOT NULL,
  private TEXT NOT NULL, external TEXT NOT NULL, account_id TEXT NOT NULL, offer_id TEXT NOT NULL,
  score INTEGER NOT NULL, submits INTEGER NOT NULL, submitted INTEGER NOT NULL, reviewer TEXT NOT NULL, review_start INTEGER NOT NULL, review_half INTEGER NOT NULL, review_most INTEGER NOT NULL, review_due INTEGER NOT NULL,
  reason TEXT NOT NULL, comment TEXT NOT NULL, against_id TEXT NOT NULL, decided INTEGER NOT NULL, decided_by TEXT NOT NULL,
  guard_from INTEGER NOT NULL, guard_until INTEGER NOT NULL, guard_grace INTEGER NOT NULL, guard_frozen INTEGER NOT NULL, guard_halted INTEGER NOT NULL, extensions INTEGER NOT NULL, asked INTEGER NOT NULL, asked_by TEXT NOT NULL, asked_reason TEXT NOT NULL,
  postponed BOOLEAN NOT NULL, share INTEGER NOT NULL, disputes INTEGER NOT NULL, ordered INTEGER NOT NULL, open INTEGER NOT NULL, invoiced INTEGER NOT NULL, won INTEGER NOT NULL, lines INTEGER NOT NULL,
  warned INTEGER NOT NULL, late BOOLEAN NOT NULL, holds BOOLEAN NOT NULL, next_at INTEGER NOT NULL, made_by TEXT NOT NULL, created INTEGER NOT NULL, changed INTEGER NOT NULL, version INTEGER NOT NULL, resold INTEGER NOT NULL DEFAULT 0, UNIQUE (supplier_id, code)
);
CREATE INDEX deal_account ON deal (registrant_id, account_id) WHERE account_id <> '';
CREATE INDEX deal_against ON deal (registrant_id, against_id) WHERE against_id <> '';
CREATE INDEX deal_block ON deal (supplier_id, block, registrant_lane) WHERE block <> '';
CREATE INDEX deal_counting ON deal (partnership_id) WHERE counting;
CREATE INDEX deal_earning ON deal (supplier_id, registrant_id) WHERE decision IN ('protected', 'expired', 'registered', 'won');
CREATE UNIQUE INDEX deal_external ON deal (registrant_id, external) WHERE external <> '';
CREATE INDEX deal_fulfilled ON deal (supplier_id, fulfiller_id) WHERE decision IN ('protected', 'expired', 'registered', 'won');
CREATE INDEX deal_fulfiller ON deal (fulfiller_id, registrant_lane, registrant_due, id) WHERE fulfiller_id <> '';
CREATE INDEX deal_next ON deal (next_at, id) WHERE next_at > 0;
CREATE UNIQUE INDEX deal_offer ON deal (offer_id) WHERE offer_id <> '';
CREATE INDEX deal_partner ON deal (supplier_id, registrant_id, supplier_lane, supplier_due, id);
CREATE INDEX deal_registrant ON deal (registrant_id, registrant_lane, registrant_due, id);
CREATE INDEX deal_supplier ON deal (supplier_id, supplier_lane, supplier_due, id);
CREATE INDEX deal_tender ON deal (supplier_id, tender) WHERE tender <> '';
CREATE TABLE deal_dispute (
  id TEXT PRIMARY KEY, supplier_id TEXT NOT NULL, claim_id TEXT NOT NULL, holder_id TEXT NOT NULL, org_id TEXT NOT NULL, person_id TEXT NOT NULL, reason TEXT NOT NULL, text TEXT NOT NULL, decider_id TEXT NOT NULL,
  due_start INTEGER NOT NULL, due_half INTEGER NOT NULL, due_most INTEGER NOT NULL, due INTEGER NOT NULL, ruling TEXT NOT NULL, percent INTEGER NOT NULL, note TEXT NOT NULL, opened INTEGER NOT NULL, ruled INTEGER NOT NULL, ruled_by TEXT NOT NULL
, evidence TEXT NOT NULL DEFAULT '');
CREATE INDEX deal_dispute_claim ON deal_dispute (claim_id) WHERE claim_id <> '';
CREATE INDEX deal_dispute_holder ON deal_dispute (holder_id) WHERE holder_id <> '';
CREATE INDEX deal_dispute_open ON deal_dispute (supplier_id, due) WHERE ruling = '';
CREATE TABLE deal_entry (
  id TEXT PRIMARY KEY, deal_id TEXT NOT NULL REFERENCES deal(id), kind TEXT NOT NULL, org_id TEXT NOT NULL, person_id TEXT NOT NULL, was TEXT NOT NULL, became TEXT NOT NULL, reason TEXT NOT NULL, note TEXT NOT NULL, args TEXT NOT NULL, seen TEXT NOT NULL, happened INTEGER NOT NULL
);
CREATE INDEX deal_entry_deal ON deal_entry (deal_id, happened);
CREATE TABLE deal_file (
  id TEXT PRIMARY KEY, deal_id TEXT NOT NULL REFERENCES deal(id), org_id TEXT NOT NULL, person_id TEXT NOT NULL, kind TEXT NOT NULL, name TEXT NOT NULL, size INTEGER NOT NULL, mime TEXT NOT NULL, hash TEXT NOT NULL, note TEXT NOT NULL, happened INTEGER NOT NULL
);
CREATE INDEX deal_file_deal ON deal_file (deal_id, happened);
CREATE INDEX deal_file_hash ON deal_file (hash);
CREATE INDEX deal_file_org ON deal_file (org_id);
CREATE TABLE deal_key (
  supplier_id TEXT NOT NULL, kind TEXT NOT NULL, value TEXT NOT NULL, live BOOLEAN NOT NULL, deal_id TEXT NOT NULL REFERENCES deal(id), PRIMARY KEY (supplier_id, kind, value, live, deal_id)
);
CREATE INDEX deal_key_deal ON deal_key (deal_id);
CREATE TABLE deal_line (
  order_id TEXT NOT NULL, line INTEGER NOT NULL, deal_id TEXT NOT NULL REFERENCES deal(id), supplier_id TEXT NOT NULL, number TEXT NOT NULL, basis TEXT NOT NULL, sku TEXT NOT NULL, ordered INTEGER NOT NULL, open INTEGER NOT NULL, invoiced INTEGER NOT NULL,
  amount INTEGER NOT NULL, value INTEGER NOT NULL, counts BOOLEAN NOT NULL, why TEXT NOT NULL, happened INTEGER NOT NULL, PRIMARY KEY (order_id, line, deal_id)
);
CREATE INDEX deal_line_deal ON deal_line (deal_id, happened);
CREATE INDEX deal_line_resold ON deal_line (deal_id, sku, invoiced, amount) WHERE counts AND basis = 'resale';
CREATE INDEX deal_line_wins ON deal_line (deal_id, sku, happened, order_id, line, invoiced, amount) WHERE counts AND invoiced > 0 AND basis <> 'resale';
CREATE TABLE deal_place (
  partnership_id TEXT PRIMARY KEY REFERENCES partnership(id), supplier_id TEXT NOT NULL, reseller_id TEXT NOT NULL, tier TEXT NOT NULL, countries TEXT NOT NULL, families TEXT NOT NULL, changed INTEGER NOT NULL, changed_by TEXT NOT NULL, version INTEGER NOT NULL
);
CREATE INDEX deal_place_supplier ON deal_place (supplier_id);
CREATE TABLE deal_rival (
  deal_id TEXT NOT NULL REFERENCES deal(id), rival_id TEXT NOT NULL, mark TEXT NOT NULL, supplier_id TEXT NOT NULL, found INTEGER NOT NULL, PRIMARY KEY (deal_id, rival_id, mark)
);
CREATE TABLE deal_search (
  doc INTEGER PRIMARY KEY, deal_id TEXT NOT NULL UNIQUE, words TEXT NOT NULL
);
CREATE TRIGGER deal_search_delete AFTER DELETE ON deal_search BEGIN INSERT INTO deal_search_fts (deal_search_fts, rowid, words) VALUES ('delete', OLD.doc, OLD.words); END;
CREATE TRIGGER deal_search_insert AFTER INSERT ON deal_search BEGIN INSERT INTO deal_search_fts (rowid, words) VALUES (NEW.doc, NEW.words); END;
CREATE TRIGGER deal_search_update AFTER UPDATE ON deal_search BEGIN
  INSERT INTO deal_search_fts (deal_search_fts, rowid, words) VALUES ('delete', OLD.doc, OLD.words);
  INSERT INTO deal_search_fts (rowid, words) VALUES (NEW.doc, NEW.words);
END;
CREATE VIRTUAL TABLE deal_search_fts USING fts5 (words, content='deal_search', content_rowid='doc', tokenize='unicode61 remove_diacritics 2');
CREATE TABLE deal_similar (
  deal_id TEXT NOT NULL REFERENCES deal(id), other_id TEXT NOT NULL REFERENCES deal(id), supplier_id TEXT NOT NULL, found INTEGER NOT NULL, PRIMARY KEY (deal_id, other_id)
);
CREATE INDEX deal_similar_other ON deal_similar (other_id);
CREATE TABLE deal_terms (
  org_id TEXT PRIMARY KEY REFERENCES org(id), body TEXT NOT NULL, changed INTEGER NOT NULL, changed_by TEXT NOT NULL, version INTEGER NOT NULL
);
CREATE TABLE deal_try (
  registrant_id TEXT NOT NULL, supplier_id TEXT NOT NULL, kind TEXT NOT NULL, value TEXT NOT NULL, happened INTEGER NOT NULL, deal_id TEXT NOT NULL REFERENCES deal(id), PRIMARY KEY (registrant_id, supplier_id, kind, value, happened, deal_id)
);
CREATE TABLE delivery (
  subscriber TEXT NOT NULL, event_id TEXT NOT NULL REFERENCES event(id), object TEXT NOT NULL, position INTEGER NOT NULL, state TEXT NOT NULL, attempts INTEGER NOT NULL, next_at INTEGER NOT NULL, last_error TEXT NOT NULL, done INTEGER NOT NULL, PRIMARY KEY (subscriber, event_id)
);
CREATE INDEX delivery_due ON delivery (subscriber, state, next_at, event_id);
CREATE INDEX delivery_object ON delivery (subscriber, object, state, position);
CREATE TABLE dispute (
  id TEXT PRIMARY KEY, number TEXT NOT NULL, invoice_id TEXT NOT NULL REFERENCES invoice(id), order_id TEXT NOT NULL, supplier_id TEXT NOT NULL REFERENCES org(id), reseller_id TEXT NOT NULL REFERENCES org(id), partnership_id TEXT NOT NULL REFERENCES partnership(id),
  reason TEXT NOT NULL, note TEXT NOT NULL, currency TEXT NOT NULL, net INTEGER NOT NULL, tax INTEGER NOT NULL, amount INTEGER NOT NULL, state TEXT NOT NULL, owner_id TEXT NOT NULL, due INTEGER NOT NULL, overdue INTEGER NOT NULL,
  offer TEXT NOT NULL, offer_amount INTEGER NOT NULL, offer_note TEXT NOT NULL, outcome TEXT NOT NULL, credit_id TEXT NOT NULL, room_id TEXT NOT NULL, thread INTEGER NOT NULL,
  opened INTEGER NOT NULL, opened_by TEXT NOT NULL, closed INTEGER NOT NULL, closed_by TEXT NOT NULL, closed_org TEXT NOT NULL, version INTEGER NOT NULL, UNIQUE (partnership_id, number)
);
CREATE INDEX dispute_due ON dispute (due, id) WHERE state <> 'closed' AND overdue = 0;
CREATE INDEX dispute_invoice ON dispute (invoice_id, opened);
CREATE INDEX dispute_open ON dispute (owner_id, due, id) WHERE state <> 'closed';
CREATE INDEX dispute_reseller ON dispute (reseller_id, opened, id);
CREATE INDEX dispute_supplier ON dispute (supplier_id, opened, id);
CREATE TABLE dispute_line (
  dispute_id TEXT NOT NULL REFERENCES dispute(id), position INTEGER NOT NULL, line INTEGER NOT NULL, net INTEGER NOT NULL, PRIMARY KEY (dispute_id, position)
);
CREATE TABLE dispute_step (
  id TEXT PRIMARY KEY, dispute_id TEXT NOT NULL REFERENCES dispute(id), kind TEXT NOT NULL, amount INTEGER NOT NULL, note TEXT NOT NULL, person_id TEXT NOT NULL, org_id TEXT NOT NULL, made INTEGER NOT NULL
);
CREATE INDEX dispute_step_dispute ON dispute_step (dispute_id, made, id);
CREATE TABLE edi_agreement (
  id TEXT PRIMARY KEY, partnership_id TEXT NOT NULL, supplier_id TEXT NOT NULL REFERENCES org(id), reseller_id TEXT NOT NULL REFERENCES org(id), number INTEGER NOT NULL, state TEXT NOT NULL, valid_from TEXT NOT NULL, starts INTEGER NOT NULL, applied INTEGER NOT NULL,
  body TEXT NOT NULL, hash TEXT NOT NULL, note TEXT NOT NULL, proposed_org TEXT NOT NULL, proposed_by TEXT NOT NULL, proposed INTEGER NOT NULL, answered_org TEXT NOT NULL, answered_by TEXT NOT NULL, answered INTEGER NOT NULL, reason TEXT NOT NULL,
  UNIQUE (partnership_id, number)
);
CREATE INDEX edi_agreement_due ON edi_agreement (starts, id) WHERE state = 'confirmed' AND applied = 0;
CREATE UNIQUE INDEX edi_agreement_open ON edi_agreement (partnership_id) WHERE state = 'proposed';
CREATE INDEX edi_agreement_reseller ON edi_agreement (reseller_id, proposed, id);
CREATE INDEX edi_agreement_supplier ON edi_agreement (supplier_id, proposed, id);
CREATE TABLE edi_group (
  interchange_id TEXT NOT NULL REFERENCES interchange(id), group_no INTEGER NOT NULL, supplier_id TEXT NOT NULL, reseller_id TEXT NOT NULL, kind TEXT NOT NULL, control TEXT NOT NULL, version TEXT NOT NULL, result TEXT NOT NULL, verdict TEXT NOT NULL, answer_id TEXT NOT NULL, PRIMARY KEY (interchange_id, group_no)
);
CREATE TABLE edi_identity (
  org_id TEXT NOT NULL REFERENCES org(id), id TEXT NOT NULL, kind TEXT NOT NULL, qualifier TEXT NOT NULL, value TEXT NOT NULL, created INTEGER NOT NULL,
  PRIMARY KEY (org_id, id), UNIQUE (kind, qualifier, value)
);
CREATE TABLE edi_identity_confirmation (
  partnership_id TEXT NOT NULL REFERENCES partnership(id), org_id TEXT NOT NULL, identity_id TEXT NOT NULL, confirmed_by TEXT NOT NULL, confirmed INTEGER NOT NULL,
  PRIMARY KEY (partnership_id, org_id, identity_id)
);
CREATE TABLE edi_number (
  interchange_id TEXT NOT NULL REFERENCES interchange(id), position INTEGER NOT NULL, value TEXT NOT NULL, supplier_id TEXT NOT NULL, reseller_id TEXT NOT NULL, PRIMARY KEY (interchange_id, position, value)
);
CREATE INDEX edi_number_value ON edi_number (value, interchange_id, supplier_id, reseller_id);
CREATE TABLE edi_patience (
  partnership_id TEXT NOT NULL, org_id TEXT NOT NULL REFERENCES org(id), supplier_id TEXT NOT NULL, reseller_id TEXT NOT NULL, hours INTEGER NOT NULL, changed INTEGER NOT NULL, changed_by TEXT NOT NULL, receipt_hours INTEGER NOT NULL DEFAULT 4, PRIMARY KEY (partnership_id, org_id)
);
CREATE TABLE edi_pickup (
  org_id TEXT NOT NULL REFERENCES org(id), source TEXT NOT NULL, name TEXT NOT NULL, size INTEGER NOT NULL, changed INTEGER NOT NULL, sha256 TEXT NOT NULL, state TEXT NOT NULL, seen INTEGER NOT NULL,
  PRIMARY KEY (org_id, source, name)
);
CREATE TABLE edi_refusal (
  org_id TEXT NOT NULL REFERENCES org(id), id TEXT NOT NULL, name TEXT NOT NULL, size INTEGER NOT NULL, data BLOB, reason TEXT NOT NULL, args TEXT NOT NULL, made INTEGER NOT NULL,
  PRIMARY KEY (org_id, id), UNIQUE (org_id, name)
);
CREATE TABLE edi_remote (
  org_id TEXT NOT NULL REFERENCES org(id), id TEXT NOT NULL, name TEXT NOT NULL, addr TEXT NOT NULL, login TEXT NOT NULL, sealed BLOB, host_key TEXT NOT NULL,
  in_path TEXT NOT NULL, done_path TEXT NOT NULL, out_path TEXT NOT NULL, every INTEGER NOT NULL, next_at INTEGER NOT NULL, attempts INTEGER NOT NULL, fence INTEGER NOT NULL,
  last_error TEXT NOT NULL, checked INTEGER NOT NULL, made_by TEXT NOT NULL, created INTEGER NOT NULL, network BOOLEAN NOT NULL DEFAULT FALSE, leaves BOOLEAN NOT NULL DEFAULT FALSE, held_until INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (org_id, id), UNIQUE (org_id, name)
);
CREATE INDEX edi_remote_due ON edi_remote (next_at);
CREATE TABLE edi_route (
  partnership_id TEXT NOT NULL REFERENCES partnership(id), org_id TEXT NOT NULL REFERENCES org(id), kind TEXT NOT NULL, supplier_id TEXT NOT NULL, reseller_id TEXT NOT NULL,
  door TEXT NOT NULL, syntax TEXT NOT NULL, version TEXT NOT NULL, changed INTEGER NOT NULL, changed_by TEXT NOT NULL, style TEXT NOT NULL DEFAULT '', PRIMARY KEY (partnership_id, org_id, kind)
);
CREATE TABLE edi_said (
  interchange_id TEXT NOT NULL, position INTEGER NOT NULL, answer_id TEXT NOT NULL, answer_position INTEGER NOT NULL,
  supplier_id TEXT NOT NULL, reseller_id TEXT NOT NULL, kind TEXT NOT NULL, verdict TEXT NOT NULL, findings TEXT NOT NULL, at INTEGER NOT NULL,
  PRIMARY KEY (interchange_id, position, answer_id, answer_position)
) WITHOUT ROWID;
CREATE TABLE edi_set (
  interchange_id TEXT NOT NULL REFERENCES interchange(id), position INTEGER NOT NULL, supplier_id TEXT NOT NULL, reseller_id TEXT NOT NULL, group_no INTEGER NOT NULL, group_kind TEXT NOT NULL, group_control TEXT NOT NULL, group_version TEXT NOT NULL,
  kind TEXT NOT NULL, control TEXT NOT NULL, implementation TEXT NOT NULL, segments INTEGER NOT NULL, start_at INTEGER NOT NULL, size INTEGER NOT NULL, result TEXT NOT NULL, business TEXT NOT NULL, business_key TEXT NOT NULL, document_kind TEXT NOT NULL, document_id TEXT NOT NULL, answered TEXT NOT NULL,
  findings TEXT NOT NULL, advised TEXT NOT NULL DEFAULT '', PRIMARY KEY (interchange_id, position)
);
CREATE INDEX edi_set_document ON edi_set (document_kind, document_id);
CREATE INDEX edi_set_group ON edi_set (supplier_id, reseller_id, group_control);
CREATE INDEX edi_set_key ON edi_set (business_key, interchange_id, supplier_id, reseller_id);
CREATE TABLE edi_share (
  id TEXT PRIMARY KEY, interchange_id TEXT NOT NULL REFERENCES interchange(id), position INTEGER NOT NULL, org_id TEXT NOT NULL REFERENCES org(id), token TEXT NOT NULL, note TEXT NOT NULL, made INTEGER NOT NULL, made_by TEXT NOT NULL,
  expires INTEGER NOT NULL, revoked INTEGER NOT NULL, revoked_by TEXT NOT NULL, opened INTEGER NOT NULL, opened_at INTEGER NOT NULL
);
CREATE INDEX edi_share_of ON edi_share (interchange_id, org_id);
CREATE INDEX edi_share_org ON edi_share (org_id, made);
CREATE UNIQUE INDEX edi_share_token ON edi_share (token);
CREATE TABLE edi_stage (
  partnership_id TEXT NOT NULL, sender_id TEXT NOT NULL REFERENCES org(id), supplier_id TEXT NOT NULL, reseller_id TEXT NOT NULL, started INTEGER NOT NULL, started_by TEXT NOT NULL,
  supplier_yes INTEGER NOT NULL, supplier_by TEXT NOT NULL, reseller_yes INTEGER NOT NULL, reseller_by TEXT NOT NULL, live INTEGER NOT NULL, PRIMARY KEY (partnership_id, sender_id)
);
CREATE TABLE edi_submission (
  org_id TEXT NOT NULL, id TEXT NOT NULL, idempotency_key TEXT NOT NULL, sha256 TEXT NOT NULL, answer TEXT NOT NULL, made_by TEXT NOT NULL, received INTEGER NOT NULL, PRIMARY KEY (org_id, id)
);
CREATE UNIQUE INDEX edi_submission_key ON edi_submission (org_id, idempotency_key) WHERE idempotency_key <> '';
CREATE TABLE edi_upload (
  org_id TEXT NOT NULL, id TEXT NOT NULL, person_id TEXT NOT NULL, name TEXT NOT NULL, partner TEXT NOT NULL, sha256 TEXT NOT NULL, size INTEGER NOT NULL,
  state TEXT NOT NULL, report TEXT NOT NULL, answer TEXT NOT NULL, made INTEGER NOT NULL, expires INTEGER NOT NULL,
  PRIMARY KEY (org_id, id)
) WITHOUT ROWID;
CREATE INDEX edi_upload_expires ON edi_upload (expires);
CREATE UNIQUE INDEX edi_upload_same ON edi_upload (org_id, person_id, sha256, partner) WHERE state = 'waiting';
CREATE TABLE edi_upload_part (
  org_id TEXT NOT NULL, upload_id TEXT NOT NULL, no INTEGER NOT NULL, data BLOB NOT NULL,
  PRIMARY KEY (org_id, upload_id, no)
);
CREATE TABLE edi_wait (
  interchange_id TEXT PRIMARY KEY REFERENCES interchange(id), partnership_id TEXT NOT NULL, supplier_id TEXT NOT NULL, reseller_id TEXT NOT NULL, sender_id TEXT NOT NULL REFERENCES org(id),
  started INTEGER NOT NULL, due INTEGER NOT NULL, overdue INTEGER NOT NULL, asked INTEGER NOT NULL, asked_by TEXT NOT NULL, settled INTEGER NOT NULL, outcome TEXT NOT NULL, settled_by TEXT NOT NULL, reason TEXT NOT NULL
, tell INTEGER NOT NULL DEFAULT 0);
CREATE INDEX edi_wait_due ON edi_wait (due, interchange_id) WHERE settled = 0 AND overdue = 0;
CREATE INDEX edi_wait_overdue ON edi_wait (sender_id, due, interchange_id) WHERE settled = 0 AND overdue > 0;
CREATE INDEX edi_wait_tell ON edi_wait (tell, interchange_id) WHERE settled = 0 AND tell > 0;
CREATE TABLE engagement (
  id TEXT PRIMARY KEY, owner_id TEXT NOT NULL REFERENCES org(id), number TEXT NOT NULL, source_key TEXT NOT NULL, state TEXT NOT NULL, shown INTEGER NOT NULL, title TEXT NOT NULL, customer TEXT NOT NULL, purpose TEXT NOT NULL,
  teaser TEXT NOT NULL, country TEXT NOT NULL, band TEXT NOT NULL, about_kind TEXT NOT NULL, about_id TEXT NOT NULL, about_number TEXT NOT NULL, first_org TEXT NOT NULL, outcome TEXT NOT NULL, comment TEXT NOT NULL,
  made INTEGER NOT NULL, made_by TEXT NOT NULL, closed INTEGER NOT NULL, closed_by TEXT NOT NULL
);
CREATE INDEX engagement_about ON engagement (owner_id, about_kind, about_id) WHERE about_id <> '';
CREATE UNIQUE INDEX engagement_number ON engagement (number);
CREATE UNIQUE INDEX engagement_source ON engagement (owner_id, source_key) WHERE source_key <> '';
CREATE TABLE engagement_handover (
  id TEXT PRIMARY KEY, engagement_id TEXT NOT NULL REFERENCES engagement(id), from_id TEXT NOT NULL REFERENCES org(id), to_id TEXT NOT NULL REFERENCES org(id), what TEXT NOT NULL, note TEXT NOT NULL, due_on TEXT NOT NULL, state TEXT NOT NULL,
  made INTEGER NOT NULL, made_by TEXT NOT NULL, answered INTEGER NOT NULL, answered_by TEXT NOT NULL, comment TEXT NOT NULL
);
CREATE INDEX engagement_handover_of ON engagement_handover (engagement_id, made);
CREATE TABLE engagement_party (
  split_id TEXT NOT NULL REFERENCES engagement_split(id), org_id TEXT NOT NULL REFERENCES org(id), engagement_id TEXT NOT NULL REFERENCES engagement(id), part INTEGER NOT NULL CHECK (part BETWEEN 0 AND 10000), hash TEXT NOT NULL,
  number INTEGER NOT NULL, state TEXT NOT NULL, answered INTEGER NOT NULL, answered_by TEXT NOT NULL, comment TEXT NOT NULL, PRIMARY KEY (split_id, org_id)
);
CREATE INDEX engagement_party_of ON engagement_party (engagement_id);
CREATE TABLE engagement_reader (
  snapshot_id TEXT NOT NULL REFERENCES engagement_snapshot(id), org_id TEXT NOT NULL REFERENCES org(id), engagement_id TEXT NOT NULL REFERENCES engagement(id), from_id TEXT NOT NULL REFERENCES org(id), rev INTEGER NOT NULL, made INTEGER NOT NULL,
  PRIMARY KEY (snapshot_id, org_id)
);
CREATE UNIQUE INDEX engagement_reader_rev ON engagement_reader (engagement_id, from_id, org_id, rev);
CREATE TABLE engagement_search (
  doc INTEGER PRIMARY KEY, seat_id TEXT NOT NULL UNIQUE, words TEXT NOT NULL
);
CREATE TRIGGER engagement_search_delete AFTER DELETE ON engagement_search BEGIN INSERT INTO engagement_search_fts (engagement_search_fts, rowid, words) VALUES ('delete', OLD.doc, OLD.words); END;
CREATE TRIGGER engagement_search_insert AFTER INSERT ON engagement_search BEGIN INSERT INTO engagement_search_fts (rowid, words) VALUES (NEW.doc, NEW.words); END;
CREATE TRIGGER engagement_search_update AFTER UPDATE ON engagement_search BEGIN
  INSERT INTO engagement_search_fts (engagement_search_fts, rowid, words) VALUES ('delete', OLD.doc, OLD.words);
  INSERT INTO engagement_search_fts (rowid, words) VALUES (NEW.doc, NEW.words);
END;
CREATE VIRTUAL TABLE engagement_search_fts USING fts5 (words, content='engagement_search', content_rowid='doc', tokenize='unicode61 remove_diacritics 2');
CREATE TABLE engagement_seat (
  id TEXT PRIMARY KEY, engagement_id TEXT NOT NULL REFERENCES engagement(id), org_id TEXT NOT NULL REFERENCES org(id), owner_id TEXT NOT NULL REFERENCES org(id), role TEXT NOT NULL, state TEXT NOT NULL, lane TEXT NOT NULL,
  supplies INTEGER NOT NULL, message TEXT NOT NULL, invited INTEGER NOT NULL, invited_by TEXT NOT NULL, answered INTEGER NOT NULL, answered_by TEXT NOT NULL, joined INTEGER NOT NULL, left_at INTEGER NOT NULL,
  reason TEXT NOT NULL, comment TEXT NOT NULL, changed INTEGER NOT NULL
, due INTEGER NOT NULL DEFAULT 0, teaser TEXT NOT NULL DEFAULT '', country TEXT NOT NULL DEFAULT '', band TEXT NOT NULL DEFAULT '', shown INTEGER NOT NULL DEFAULT 0, warned INTEGER NOT NULL DEFAULT 0);
CREATE INDEX engagement_seat_all ON engagement_seat (org_id, changed, id);
CREATE INDEX engagement_seat_due ON engagement_seat (due, id) WHERE due > 0;
CREATE INDEX engagement_seat_lane ON engagement_seat (org_id, lane, changed, id);
CREATE UNIQUE INDEX engagement_seat_org ON engagement_seat (engagement_id, org_id);
CREATE INDEX engagement_seat_owner ON engagement_seat (owner_id, org_id);
CREATE TABLE engagement_section (
  engagement_id TEXT NOT NULL REFERENCES engagement(id), org_id TEXT NOT NULL REFERENCES org(id), body TEXT NOT NULL, version INTEGER NOT NULL, changed INTEGER NOT NULL, changed_by TEXT NOT NULL, PRIMARY KEY (engagement_id, org_id)
);
CREATE TABLE engagement_snapshot (
  id TEXT PRIMARY KEY, engagement_id TEXT NOT NULL REFERENCES engagement(id), org_id TEXT NOT NULL REFERENCES org(id), body TEXT NOT NULL, hash TEXT NOT NULL, made INTEGER NOT NULL, made_by TEXT NOT NULL
);
CREATE INDEX engagement_snapshot_of ON engagement_snapshot (engagement_id, org_id, made);
CREATE TRIGGER engagement_snapshot_fixed BEFORE UPDATE ON engagement_snapshot BEGIN SELECT RAISE(ABORT, 'a snapshot never changes'); END;
CREATE TABLE engagement_split (
  id TEXT PRIMARY KEY, engagement_id TEXT NOT NULL REFERENCES engagement(id), number INTEGER NOT NULL, state TEXT NOT NULL, body TEXT NOT NULL, note TEXT NOT NULL, hash TEXT NOT NULL, made INTEGER NOT NULL, made_by TEXT NOT NULL,
  made_org TEXT NOT NULL REFERENCES org(id), agreed INTEGER NOT NULL
);
CREATE UNIQUE INDEX engagement_split_agreed ON engagement_split (engagement_id) WHERE state = 'agreed';
CREATE UNIQUE INDEX engagement_split_number ON engagement_split (engagement_id, number);
CREATE UNIQUE INDEX engagement_split_open ON engagement_split (engagement_id) WHERE state = 'open';
CREATE TABLE engagement_task (
  id TEXT PRIMARY KEY, engagement_id TEXT NOT NULL REFERENCES engagement(id), org_id TEXT NOT NULL REFERENCES org(id), person_id TEXT NOT NULL, title TEXT NOT NULL, due_on TEXT NOT NULL, done INTEGER NOT NULL, done_by TEXT NOT NULL,
  made_org TEXT NOT NULL REFERENCES org(id), made_by TEXT NOT NULL, made INTEGER NOT NULL
);
CREATE INDEX engagement_task_of ON engagement_task (engagement_id, made);
CREATE TABLE engagement_template (
  id TEXT PRIMARY KEY, org_id TEXT NOT NULL REFERENCES org(id), name TEXT NOT NULL, fields TEXT NOT NULL, made INTEGER NOT NULL, made_by TEXT NOT NULL
);
CREATE UNIQUE INDEX engagement_template_name ON engagement_template (org_id, name);
CREATE TABLE event (
  id TEXT PRIMARY KEY, kind TEXT NOT NULL, version INTEGER NOT NULL, orgs TEXT NOT NULL, object TEXT NOT NULL, position INTEGER NOT NULL, payload TEXT NOT NULL, happened INTEGER NOT NULL
);
CREATE INDEX event_object ON event (object, position);
CREATE TABLE forum_ballot (
  topic_id TEXT NOT NULL REFERENCES forum_topic(id), person_id TEXT NOT NULL REFERENCES person(id), org_id TEXT NOT NULL REFERENCES org(id), choices TEXT NOT NULL, made INTEGER NOT NULL, PRIMARY KEY (topic_id, person_id)
);
CREATE TABLE forum_category (
  id TEXT PRIMARY KEY, owner_id TEXT NOT NULL REFERENCES org(id), name TEXT NOT NULL, about TEXT NOT NULL, open INTEGER NOT NULL, closed INTEGER NOT NULL, made INTEGER NOT NULL, made_by TEXT NOT NULL, UNIQUE (owner_id, name)
);
CREATE TABLE forum_file (
  id TEXT PRIMARY KEY, category_id TEXT NOT NULL REFERENCES forum_category(id), topic_id TEXT NOT NULL, post_id TEXT NOT NULL, org_id TEXT NOT NULL REFERENCES org(id), person_id TEXT NOT NULL REFERENCES person(id), name TEXT NOT NULL, type TEXT NOT NULL, size INTEGER NOT NULL, hash TEXT NOT NULL, made INTEGER NOT NULL, removed INTEGER NOT NULL
);
CREATE INDEX forum_file_hash ON forum_file (hash);
CREATE INDEX forum_file_org ON forum_file (org_id);
CREATE INDEX forum_file_person ON forum_file (person_id, made) WHERE topic_id = '';
CREATE INDEX forum_file_topic ON forum_file (topic_id, post_id);
CREATE TABLE forum_flag (
  id TEXT PRIMARY KEY, category_id TEXT NOT NULL REFERENCES forum_category(id), topic_id TEXT NOT NULL REFERENCES forum_topic(id), post_id TEXT NOT NULL, org_id TEXT NOT NULL, person_id TEXT NOT NULL, reason TEXT NOT NULL, state TEXT NOT NULL, made INTEGER NOT NULL, decided INTEGER NOT NULL, decided_by TEXT NOT NULL, UNIQUE (topic_id, post_id, person_id)
);
CREATE INDEX forum_flag_open ON forum_flag (category_id, made) WHERE state = 'open';
CREATE TABLE forum_nda (
  category_id TEXT NOT NULL REFERENCES forum_category(id), number INTEGER NOT NULL, body TEXT NOT NULL, hash TEXT NOT NULL, made INTEGER NOT NULL, made_by TEXT NOT NULL, PRIMARY KEY (category_id, number)
);
CREATE TABLE forum_nda_accept (
  category_id TEXT NOT NULL REFERENCES forum_category(id), number INTEGER NOT NULL, org_id TEXT NOT NULL REFERENCES org(id), person_id TEXT NOT NULL REFERENCES person(id), at INTEGER NOT NULL, PRIMARY KEY (category_id, number, org_id, person_id)
);
CREATE INDEX forum_nda_accept_person ON forum_nda_accept (person_id, org_id, category_id);
CREATE TABLE forum_post (
  id TEXT PRIMARY KEY, topic_id TEXT NOT NULL REFERENCES forum_topic(id), org_id TEXT NOT NULL REFERENCES org(id), person_id TEXT NOT NULL REFERENCES person(id), client_key TEXT NOT NULL, body TEXT NOT NULL, made INTEGER NOT NULL, edited INTEGER NOT NULL, removed INTEGER NOT NULL, removed_by TEXT NOT NULL, via TEXT NOT NULL DEFAULT '', UNIQUE (person_id, client_key)
);
CREATE INDEX forum_post_topic ON forum_post (topic_id, made, id);
CREATE TABLE forum_search (
  doc INTEGER PRIMARY KEY, topic_id TEXT NOT NULL UNIQUE, words TEXT NOT NULL
);
CREATE TRIGGER forum_search_delete AFTER DELETE ON forum_search BEGIN INSERT INTO forum_search_fts (forum_search_fts, rowid, words) VALUES ('delete', OLD.doc, OLD.words); END;
CREATE TRIGGER forum_search_insert AFTER INSERT ON forum_search BEGIN INSERT INTO forum_search_fts (rowid, words) VALUES (NEW.doc, NEW.words); END;
CREATE TRIGGER forum_search_update AFTER UPDATE ON forum_search BEGIN
  INSERT INTO forum_search_fts (forum_search_fts, rowid, words) VALUES ('delete', OLD.doc, OLD.words);
  INSERT INTO forum_search_fts (rowid, words) VALUES (NEW.doc, NEW.words);
END;
CREATE VIRTUAL TABLE forum_search_fts USING fts5 (words, content='forum_search', content_rowid='doc', tokenize='unicode61 remove_diacritics 2');
CREATE TABLE forum_seat (
  category_id TEXT NOT NULL REFERENCES forum_category(id), org_id TEXT NOT NULL REFERENCES org(id), may_reply INTEGER NOT NULL, may_create INTEGER NOT NULL, agreed INTEGER NOT NULL, agreed_by TEXT NOT NULL, added INTEGER NOT NULL, by_tier INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (category_id, org_id)
);
CREATE INDEX forum_seat_org ON forum_seat (org_id, category_id);
CREATE TABLE forum_tier (
  category_id TEXT NOT NULL REFERENCES forum_category(id), tier TEXT NOT NULL, may_reply INTEGER NOT NULL, may_create INTEGER NOT NULL, PRIMARY KEY (category_id, tier)
);
CREATE TABLE forum_topic (
  id TEXT PRIMARY KEY, category_id TEXT NOT NULL REFERENCES forum_category(id), kind TEXT NOT NULL, org_id TEXT NOT NULL REFERENCES org(id), person_id TEXT NOT NULL REFERENCES person(id), client_key TEXT NOT NULL,
  title TEXT NOT NULL, body TEXT NOT NULL, tags TEXT NOT NULL, state TEXT NOT NULL, survey TEXT NOT NULL, accepted TEXT NOT NULL, replies INTEGER NOT NULL, active INTEGER NOT NULL, made INTEGER NOT NULL, edited INTEGER NOT NULL, removed INTEGER NOT NULL, removed_by TEXT NOT NULL, nda INTEGER NOT NULL DEFAULT 0, moved INTEGER NOT NULL DEFAULT 0, UNIQUE (person_id, client_key)
);
CREATE INDEX forum_topic_active ON forum_topic (category_id, active, id);
CREATE TABLE forum_vote (
  topic_id TEXT NOT NULL REFERENCES forum_topic(id), post_id TEXT NOT NULL, person_id TEXT NOT NULL REFERENCES person(id), org_id TEXT NOT NULL REFERENCES org(id), made INTEGER NOT NULL, PRIMARY KEY (topic_id, post_id, person_id)
);
CREATE TABLE forum_watch (
  topic_id TEXT NOT NULL REFERENCES forum_topic(id), person_id TEXT NOT NULL REFERENCES person(id), org_id TEXT NOT NULL REFERENCES org(id), level TEXT NOT NULL, seen INTEGER NOT NULL, PRIMARY KEY (topic_id, person_id, org_id)
);
CREATE INDEX forum_watch_person ON forum_watch (person_id, org_id);
CREATE TABLE fund_account (
  id TEXT PRIMARY KEY, program_id TEXT NOT NULL REFERENCES fund_program(id), owner_id TEXT NOT NULL REFERENCES org(id), org_id TEXT NOT NULL, kind TEXT NOT NULL, ref TEXT NOT NULL, currency TEXT NOT NULL, balance INTEGER NOT NULL,
  CHECK (balance >= 0 OR kind IN ('source', 'owed')), CHECK (balance BETWEEN -100000000000000000 AND 100000000000000000), UNIQUE (program_id, org_id, kind, ref, currency)
);
CREATE INDEX fund_account_org ON fund_account (org_id, owner_id, currency);
CREATE TABLE fund_budget (
  program_id TEXT NOT NULL REFERENCES fund_program(id), currency TEXT NOT NULL, owner_id TEXT NOT NULL REFERENCES org(id), four_eyes INTEGER NOT NULL, PRIMARY KEY (program_id, currency)
);
CREATE TABLE fund_claim (
  id TEXT PRIMARY KEY, program_id TEXT NOT NULL REFERENCES fund_program(id), request_id TEXT NOT NULL, owner_id TEXT NOT NULL REFERENCES org(id), org_id TEXT NOT NULL REFERENCES org(id), partnership_id TEXT NOT NULL REFERENCES partnership(id), number TEXT NOT NULL, state TEXT NOT NULL,
  nature TEXT NOT NULL, title TEXT NOT NULL, currency TEXT NOT NULL, asked INTEGER NOT NULL, approved INTEGER NOT NULL, settled INTEGER NOT NULL, pending INTEGER NOT NULL, proof TEXT NOT NULL, deducted TEXT NOT NULL, note TEXT NOT NULL, reason TEXT NOT NULL, first_by TEXT NOT NULL, first_mark TEXT NOT NULL,
  source TEXT NOT NULL, source_key TEXT NOT NULL, made INTEGER NOT NULL, made_by TEXT NOT NULL, submitted INTEGER NOT NULL, submitted_by TEXT NOT NULL, decided INTEGER NOT NULL, decided_by TEXT NOT NULL, changed INTEGER NOT NULL, version INTEGER NOT NULL
, next_at INTEGER NOT NULL DEFAULT 0);
CREATE INDEX fund_claim_due ON fund_claim (next_at, id) WHERE next_at > 0;
CREATE UNIQUE INDEX fund_claim_number ON fund_claim (owner_id, org_id, number);
CREATE INDEX fund_claim_org ON fund_claim (org_id, state, changed, id);
CREATE INDEX fund_claim_owner ON fund_claim (owner_id, state, changed, id);
CREATE INDEX fund_claim_pending ON fund_claim (owner_id, org_id) WHERE pending > 0;
CREATE INDEX fund_claim_request ON fund_claim (request_id, state) WHERE request_id <> '';
CREATE UNIQUE INDEX fund_claim_source ON fund_claim (owner_id, org_id, source_key) WHERE source_key <> '';
CREATE TABLE fund_claim_line (
  claim_id TEXT NOT NULL REFERENCES fund_claim(id), position INTEGER NOT NULL, owner_id TEXT NOT NULL REFERENCES org(id), org_id TEXT NOT NULL REFERENCES org(id), line_key TEXT NOT NULL, live INTEGER NOT NULL, text TEXT NOT NULL, sku TEXT NOT NULL, on_day TEXT NOT NULL, quantity INTEGER NOT NULL, price INTEGER NOT NULL,
  asked INTEGER NOT NULL, approved INTEGER NOT NULL, verdict TEXT NOT NULL, reason TEXT NOT NULL, missing TEXT NOT NULL, due_on TEXT NOT NULL, order_id TEXT NOT NULL, order_line INTEGER NOT NULL, back INTEGER NOT NULL DEFAULT 0, back_of TEXT NOT NULL DEFAULT '', back_line INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (claim_id, position)
);
CREATE UNIQUE INDEX fund_claim_line_key ON fund_claim_line (owner_id, org_id, line_key) WHERE live = 1 AND line_key <> '';
CREATE TABLE fund_claim_part (
  claim_id TEXT NOT NULL REFERENCES fund_claim(id), position INTEGER NOT NULL, part INTEGER NOT NULL, owner_id TEXT NOT NULL REFERENCES org(id), org_id TEXT NOT NULL REFERENCES org(id), order_id TEXT NOT NULL, order_line INTEGER NOT NULL, amount INTEGER NOT NULL, PRIMARY KEY (claim_id, position, part)
);
CREATE TABLE fund_claim_thread (
  claim_id TEXT NOT NULL REFERENCES fund_claim(id), mark TEXT NOT NULL, owner_id TEXT NOT NULL REFERENCES org(id), org_id TEXT NOT NULL REFERENCES org(id), said TEXT NOT NULL, room_id TEXT NOT NULL, thread INTEGER NOT NULL, opened INTEGER NOT NULL, opened_by TEXT NOT NULL, PRIMARY KEY (claim_id, mark)
);
CREATE TABLE fund_entry (
  id TEXT PRIMARY KEY, program_id TEXT NOT NULL REFERENCES fund_program(id), owner_id TEXT NOT NULL REFERENCES org(id), org_id TEXT NOT NULL, kind TEXT NOT NULL, currency TEXT NOT NULL, amount INTEGER NOT NULL, subject_kind TEXT NOT NULL, subject_id TEXT NOT NULL, text TEXT NOT NULL,
  reverses TEXT NOT NULL, person_id TEXT NOT NULL, acted_id TEXT NOT NULL, happened INTEGER NOT NULL, source_key TEXT NOT NULL DEFAULT '', step TEXT NOT NULL DEFAULT '', CHECK (amount > 0)
);
CREATE INDEX fund_entry_org ON fund_entry (org_id, owner_id, happened, id);
CREATE INDEX fund_entry_program ON fund_entry (program_id, happened, id);
CREATE UNIQUE INDEX fund_entry_reverses ON fund_entry (reverses) WHERE reverses <> '';
CREATE UNIQUE INDEX fund_entry_source ON fund_entry (program_id, source_key) WHERE source_key <> '';
CREATE TRIGGER fund_entry_no_delete BEFORE DELETE ON fund_entry BEGIN SELECT RAISE(ABORT, 'the ledger only grows'); END;
CREATE TRIGGER fund_entry_no_replace BEFORE INSERT ON fund_entry WHEN EXISTS (SELECT 1 FROM fund_entry WHERE id = NEW.id) BEGIN SELECT RAISE(ABORT, 'the ledger only grows'); END;
CREATE TRIGGER fund_entry_no_update BEFORE UPDATE ON fund_entry BEGIN SELECT RAISE(ABORT, 'the ledger only grows'); END;
CREATE TABLE fund_file (
  id TEXT PRIMARY KEY, subject_kind TEXT NOT NULL, subject_id TEXT NOT NULL, owner_id TEXT NOT NULL REFERENCES org(id), org_id TEXT NOT NULL REFERENCES org(id), item TEXT NOT NULL, name TEXT NOT NULL, mime TEXT NOT NULL, size INTEGER NOT NULL, hash TEXT NOT NULL, made INTEGER NOT NULL, made_by TEXT NOT NULL
, verdict TEXT NOT NULL DEFAULT '', reason TEXT NOT NULL DEFAULT '', judged INTEGER NOT NULL DEFAULT 0, judged_by TEXT NOT NULL DEFAULT '');
CREATE INDEX fund_file_hash ON fund_file (hash);
CREATE INDEX fund_file_org ON fund_file (org_id);
CREATE INDEX fund_file_subject ON fund_file (subject_id, made, id);
CREATE TABLE fund_four_eyes (
  owner_id TEXT NOT NULL REFERENCES org(id), kind TEXT NOT NULL, currency TEXT NOT NULL, amount INTEGER NOT NULL, changed INTEGER NOT NULL, changed_by TEXT NOT NULL, PRIMARY KEY (owner_id, kind, currency)
);
CREATE TABLE fund_limit (
  owner_id TEXT NOT NULL REFERENCES org(id), person_id TEXT NOT NULL, currency TEXT NOT NULL, amount INTEGER NOT NULL, changed INTEGER NOT NULL, changed_by TEXT NOT NULL, PRIMARY KEY (owner_id, person_id, currency)
);
CREATE TABLE fund_log (
  id TEXT PRIMARY KEY, subject_id TEXT NOT NULL, kind TEXT NOT NULL, org_id TEXT NOT NULL, person_id TEXT NOT NULL, amount INTEGER NOT NULL, currency TEXT NOT NULL, text TEXT NOT NULL, happened INTEGER NOT NULL
);
CREATE INDEX fund_log_subject ON fund_log (subject_id, happened, id);
CREATE TABLE fund_lot (
  id TEXT PRIMARY KEY, program_id TEXT NOT NULL REFERENCES fund_program(id), rule_id TEXT NOT NULL REFERENCES fund_rule(id), owner_id TEXT NOT NULL REFERENCES org(id), org_id TEXT NOT NULL REFERENCES org(id), invoice_id TEXT NOT NULL, invoice_number TEXT NOT NULL, position INTEGER NOT NULL, order_line INTEGER NOT NULL, sku TEXT NOT NULL,
  currency TEXT NOT NULL, net INTEGER NOT NULL, rate INTEGER NOT NULL, earned INTEGER NOT NULL, remaining INTEGER NOT NULL, taken INTEGER NOT NULL, lapsed INTEGER NOT NULL, earned_on TEXT NOT NULL, lapses_at INTEGER NOT NULL, lapses_on TEXT NOT NULL, made INTEGER NOT NULL, order_id TEXT NOT NULL DEFAULT '',
  CHECK (remaining >= 0 AND taken >= 0 AND taken <= earned), UNIQUE (rule_id, invoice_id, position)
);
CREATE INDEX fund_lot_invoice ON fund_lot (invoice_id, org_id);
CREATE INDEX fund_lot_lapse ON fund_lot (lapses_at, id) WHERE remaining > 0;
CREATE INDEX fund_lot_left ON fund_lot (program_id, org_id, earned_on, id) WHERE remaining > 0;
CREATE TABLE fund_lot_back (
  lot_id TEXT NOT NULL REFERENCES fund_lot(id), credit_id TEXT NOT NULL, position INTEGER NOT NULL, owner_id TEXT NOT NULL REFERENCES org(id), amount INTEGER NOT NULL, PRIMARY KEY (lot_id, credit_id, position)
);
CREATE TABLE fund_off_plan (
  id TEXT NOT NULL PRIMARY KEY, program_id TEXT NOT NULL REFERENCES fund_program(id), owner_id TEXT NOT NULL REFERENCES org(id), org_id TEXT NOT NULL REFERENCES org(id), partnership_id TEXT NOT NULL REFERENCES partnership(id), currency TEXT NOT NULL, amount INTEGER NOT NULL,
  reason TEXT NOT NULL, source_key TEXT NOT NULL, state TEXT NOT NULL, asked INTEGER NOT NULL, asked_by TEXT NOT NULL, decided INTEGER NOT NULL, decided_by TEXT NOT NULL, CHECK (asked_by <> decided_by)
);
CREATE UNIQUE INDEX fund_off_plan_key ON fund_off_plan (program_id, source_key) WHERE source_key <> '';
CREATE INDEX fund_off_plan_program ON fund_off_plan (program_id, asked, id);
CREATE TABLE fund_post (
  entry_id TEXT NOT NULL REFERENCES fund_entry(id), position INTEGER NOT NULL, account_id TEXT NOT NULL REFERENCES fund_account(id), amount INTEGER NOT NULL, PRIMARY KEY (entry_id, position), CHECK (amount <> 0)
);
CREATE INDEX fund_post_account ON fund_post (account_id, entry_id);
CREATE TRIGGER fund_post_no_delete BEFORE DELETE ON fund_post BEGIN SELECT RAISE(ABORT, 'the ledger only grows'); END;
CREATE TRIGGER fund_post_no_replace BEFORE INSERT ON fund_post WHEN EXISTS (SELECT 1 FROM fund_post WHERE entry_id = NEW.entry_id AND position = NEW.position) BEGIN SELECT RAISE(ABORT, 'the ledger only grows'); END;
CREATE TRIGGER fund_post_no_update BEFORE UPDATE ON fund_post BEGIN SELECT RAISE(ABORT, 'the ledger only grows'); END;
CREATE TABLE fund_program (
  id TEXT PRIMARY KEY, owner_id TEXT NOT NULL REFERENCES org(id), number TEXT NOT NULL, title TEXT NOT NULL, kind TEXT NOT NULL, state TEXT NOT NULL, about TEXT NOT NULL, from_on TEXT NOT NULL, until_on TEXT NOT NULL, zone TEXT NOT NULL, claim_days INTEGER NOT NULL,
  share INTEGER NOT NULL, proof TEXT NOT NULL, subject_id TEXT NOT NULL, made INTEGER NOT NULL, made_by TEXT NOT NULL, changed INTEGER NOT NULL, version INTEGER NOT NULL
, countries TEXT NOT NULL DEFAULT '', part INTEGER NOT NULL DEFAULT 0, part_currency TEXT NOT NULL DEFAULT '', alternative TEXT NOT NULL DEFAULT '', announced INTEGER NOT NULL DEFAULT 0);
CREATE INDEX fund_program_announced ON fund_program (owner_id, id) WHERE announced > 0;
CREATE INDEX fund_program_owner ON fund_program (owner_id, made, id);
CREATE UNIQUE INDEX fund_program_subject ON fund_program (owner_id, subject_id) WHERE subject_id <> '';
CREATE TABLE fund_request (
  id TEXT PRIMARY KEY, program_id TEXT NOT NULL REFERENCES fund_program(id), owner_id TEXT NOT NULL REFERENCES org(id), org_id TEXT NOT NULL REFERENCES org(id), partnership_id TEXT NOT NULL REFERENCES partnership(id), number TEXT NOT NULL, state TEXT NOT NULL,
  title TEXT NOT NULL, activity TEXT NOT NULL, about TEXT NOT NULL, from_on TEXT NOT NULL, until_on TEXT NOT NULL, currency TEXT NOT NULL, cost INTEGER NOT NULL, asked INTEGER NOT NULL, approved INTEGER NOT NULL, claim_by TEXT NOT NULL, proof TEXT NOT NULL,
  reason TEXT NOT NULL, first_by TEXT NOT NULL, first_mark TEXT NOT NULL, made INTEGER NOT NULL, made_by TEXT NOT NULL, submitted INTEGER NOT NULL, submitted_by TEXT NOT NULL, decided INTEGER NOT NULL, decided_by TEXT NOT NULL, next_at INTEGER NOT NULL, changed INTEGER NOT NULL, version INTEGER NOT NULL
, source_key TEXT NOT NULL DEFAULT '');
CREATE INDEX fund_request_due ON fund_request (next_at, id) WHERE next_at > 0;
CREATE INDEX fund_request_org ON fund_request (org_id, state, changed, id);
CREATE INDEX fund_request_owner ON fund_request (owner_id, state, changed, id);
CREATE UNIQUE INDEX fund_request_source ON fund_request (program_id, org_id, source_key) WHERE source_key <> '';
CREATE TABLE fund_rule (
  id TEXT PRIMARY KEY, program_id TEXT NOT NULL REFERENCES fund_program(id), owner_id TEXT NOT NULL REFERENCES org(id), rate INTEGER NOT NULL, skus TEXT NOT NULL, from_on TEXT NOT NULL, until_on TEXT NOT NULL, days INTEGER NOT NULL, made INTEGER NOT NULL, made_by TEXT NOT NULL, ended INTEGER NOT NULL
, tiers TEXT NOT NULL DEFAULT '', reach TEXT NOT NULL DEFAULT '', close_days INTEGER NOT NULL DEFAULT 0, families TEXT NOT NULL DEFAULT '', fixed INTEGER NOT NULL DEFAULT 0, within TEXT NOT NULL DEFAULT '');
CREATE INDEX fund_rule_owner ON fund_rule (owner_id, ended);
CREATE INDEX fund_rule_program ON fund_rule (program_id, made, id);
CREATE TABLE fund_seat (
  program_id TEXT NOT NULL REFERENCES fund_program(id), org_id TEXT NOT NULL REFERENCES org(id), owner_id TEXT NOT NULL REFERENCES org(id), partnership_id TEXT NOT NULL REFERENCES partnership(id), currency TEXT NOT NULL, added INTEGER NOT NULL, title TEXT NOT NULL DEFAULT '', from_on TEXT NOT NULL DEFAULT '', until_on TEXT NOT NULL DEFAULT '', zone TEXT NOT NULL DEFAULT '', claim_days INTEGER NOT NULL DEFAULT 0, proof TEXT NOT NULL DEFAULT '',
  PRIMARY KEY (program_id, org_id)
);
CREATE INDEX fund_seat_org ON fund_seat (org_id, program_id);
CREATE TABLE fund_settlement (
  id TEXT PRIMARY KEY, claim_id TEXT NOT NULL REFERENCES fund_claim(id), owner_id TEXT NOT NULL REFERENCES org(id), org_id TEXT NOT NULL REFERENCES org(id), kind TEXT NOT NULL, reference TEXT NOT NULL, currency TEXT NOT NULL, amount INTEGER NOT NULL, tax_rate INTEGER NOT NULL, tax INTEGER NOT NULL, on_day TEXT NOT NULL,
  made INTEGER NOT NULL, made_by TEXT NOT NULL, entry_id TEXT NOT NULL, reversed INTEGER NOT NULL, reconciled INTEGER NOT NULL, reconciled_by TEXT NOT NULL, external TEXT NOT NULL
);
CREATE INDEX fund_settlement_claim ON fund_settlement (claim_id, made, id);
CREATE INDEX fund_settlement_offset ON fund_settlement (owner_id, org_id, claim_id) WHERE kind = 'offset' AND reversed = 0;
CREATE UNIQUE INDEX fund_settlement_reference ON fund_settlement (owner_id, org_id, kind, reference, claim_id) WHERE reversed = 0 AND kind <> 'offset';
CREATE TABLE fund_told (
  program_id TEXT NOT NULL REFERENCES fund_program(id), org_id TEXT NOT NULL REFERENCES org(id), owner_id TEXT NOT NULL REFERENCES org(id), partnership_id TEXT NOT NULL REFERENCES partnership(id), told INTEGER NOT NULL, PRIMARY KEY (program_id, org_id)
);
CREATE TABLE fund_volume (
  rule_id TEXT NOT NULL REFERENCES fund_rule(id), org_id TEXT NOT NULL REFERENCES org(id), program_id TEXT NOT NULL REFERENCES fund_program(id), owner_id TEXT NOT NULL REFERENCES org(id), currency TEXT NOT NULL,
  volume INTEGER NOT NULL, earned INTEGER NOT NULL, changed INTEGER NOT NULL, close_at INTEGER NOT NULL, closed INTEGER NOT NULL, PRIMARY KEY (rule_id, org_id), CHECK (volume >= 0 AND earned >= 0)
);
CREATE INDEX fund_volume_close ON fund_volume (close_at, rule_id, org_id) WHERE closed = 0;
CREATE INDEX fund_volume_seat ON fund_volume (program_id, org_id);
CREATE TABLE fund_volume_line (
  rule_id TEXT NOT NULL REFERENCES fund_rule(id), document_id TEXT NOT NULL, position INTEGER NOT NULL, org_id TEXT NOT NULL, invoice_id TEXT NOT NULL, order_id TEXT NOT NULL, line INTEGER NOT NULL, net INTEGER NOT NULL, back INTEGER NOT NULL, PRIMARY KEY (rule_id, document_id, position)
);
CREATE INDEX fund_volume_invoice ON fund_volume_line (rule_id, invoice_id);
CREATE TABLE goods_return (
  id TEXT PRIMARY KEY, order_id TEXT NOT NULL REFERENCES purchase_order(id), supplier_id TEXT NOT NULL REFERENCES org(id), reseller_id TEXT NOT NULL REFERENCES org(id), partnership_id TEXT NOT NULL REFERENCES partnership(id),
  number TEXT NOT NULL, rma TEXT NOT NULL, state TEXT NOT NULL, note TEXT NOT NULL, answer TEXT NOT NULL, source TEXT NOT NULL, source_key TEXT NOT NULL, interchange_id TEXT NOT NULL, set_no INTEGER NOT NULL,
  asked INTEGER NOT NULL, asked_by TEXT NOT NULL, decided INTEGER NOT NULL, decided_by TEXT NOT NULL, arrived INTEGER NOT NULL, arrived_by TEXT NOT NULL, credited INTEGER NOT NULL
);
CREATE INDEX goods_return_order ON goods_return (order_id, asked, id);
CREATE INDEX goods_return_reseller ON goods_return (reseller_id, asked, id);
CREATE UNIQUE INDEX goods_return_source ON goods_return (reseller_id, source_key) WHERE source_key <> '';
CREATE INDEX goods_return_supplier ON goods_return (supplier_id, asked, id);
CREATE TABLE goods_return_line (
  return_id TEXT NOT NULL REFERENCES goods_return(id), position INTEGER NOT NULL, line INTEGER NOT NULL, reference TEXT NOT NULL, sku TEXT NOT NULL, buyer_item TEXT NOT NULL, gtin TEXT NOT NULL, description TEXT NOT NULL, unit TEXT NOT NULL,
  reason TEXT NOT NULL, quantity INTEGER NOT NULL, granted INTEGER NOT NULL, arrived INTEGER NOT NULL, credited INTEGER NOT NULL, PRIMARY KEY (return_id, position)
);
CREATE TABLE history (
  id TEXT PRIMARY KEY, subject_kind TEXT NOT NULL, subject_id TEXT NOT NULL, supplier_id TEXT NOT NULL, reseller_id TEXT NOT NULL, kind TEXT NOT NULL, args TEXT NOT NULL, person_id TEXT NOT NULL, org_id TEXT NOT NULL, happened INTEGER NOT NULL
);
CREATE INDEX history_subject ON history (subject_kind, subject_id, happened, id);
CREATE TABLE installation (
  name TEXT PRIMARY KEY, value TEXT NOT NULL
);
CREATE TABLE interchange (
  id TEXT PRIMARY KEY, submission_id TEXT NOT NULL, position INTEGER NOT NULL, sender_id TEXT NOT NULL REFERENCES org(id), receiver_id TEXT NOT NULL REFERENCES org(id), partnership_id TEXT NOT NULL, supplier_id TEXT NOT NULL, reseller_id TEXT NOT NULL,
  origin TEXT NOT NULL, door TEXT NOT NULL, syntax TEXT NOT NULL, version TEXT NOT NULL, sender_ident TEXT NOT NULL, receiver_ident TEXT NOT NULL, control TEXT NOT NULL, dated TEXT NOT NULL, test BOOLEAN NOT NULL,
  blob TEXT NOT NULL, start_at INTEGER NOT NULL, size INTEGER NOT NULL, sha256 TEXT NOT NULL, digest TEXT NOT NULL, types TEXT NOT NULL, set_count INTEGER NOT NULL,
  state TEXT NOT NULL, result TEXT NOT NULL, held TEXT NOT NULL, duplicate_of TEXT NOT NULL, answers TEXT NOT NULL, findings TEXT NOT NULL,
  lane TEXT NOT NULL, next_at INTEGER NOT NULL, attempts INTEGER NOT NULL, fence INTEGER NOT NULL, sets_done INTEGER NOT NULL, last_error TEXT NOT NULL,
  delivery TEXT NOT NULL, fetched INTEGER NOT NULL, acknowledged TEXT NOT NULL, made_by TEXT NOT NULL, received INTEGER NOT NULL, processed INTEGER NOT NULL
, delegate_id TEXT NOT NULL DEFAULT '', network TEXT NOT NULL DEFAULT '', way TEXT NOT NULL DEFAULT '', judged_at INTEGER NOT NULL DEFAULT 0, advised TEXT NOT NULL DEFAULT '', unclear BOOLEAN NOT NULL DEFAULT FALSE);
CREATE INDEX interchange_carrier ON interchange (delegate_id, delivery, received, id) WHERE way = 'network';
CREATE INDEX interchange_control ON interchange (control, supplier_id, reseller_id, id);
CREATE INDEX interchange_delegate ON interchange (delegate_id, received, id) WHERE delegate_id <> '';
CREATE INDEX interchange_due ON interchange (state, lane, next_at, id);
CREATE UNIQUE INDEX interchange_identity ON interchange (sender_id, sender_ident, receiver_ident, control, dated, digest, origin);
CREATE INDEX interchange_network ON interchange (sender_id, network, delivery, received, id) WHERE network <> '';
CREATE INDEX interchange_outbox ON interchange (receiver_id, received, id) WHERE delivery = 'waiting';
CREATE INDEX interchange_pair ON interchange (supplier_id, reseller_id, received, id);
CREATE INDEX interchange_parked ON interchange (receiver_id, received, id) WHERE delivery = 'failed';
CREATE INDEX interchange_reseller ON interchange (reseller_id, received, id);
CREATE INDEX interchange_reseller_refused ON interchange (reseller_id, received, id) WHERE result IN ('rejected', 'partly');
CREATE INDEX interchange_reseller_stuck ON interchange (reseller_id, received, id) WHERE state IN ('held', 'failed');
CREATE INDEX interchange_submission ON interchange (submission_id, position) WHERE door IN ('as2', 'answer');
CREATE INDEX interchange_supplier ON interchange (supplier_id, received, id);
CREATE INDEX interchange_supplier_refused ON interchange (supplier_id, received, id) WHERE result IN ('rejected', 'partly');
CREATE INDEX interchange_supplier_stuck ON interchange (supplier_id, received, id) WHERE state IN ('held', 'failed');
CREATE INDEX interchange_undelivered ON interchange (sender_id, received, id) WHERE delivery IN ('failed', 'held', 'unproved');
CREATE TABLE invoice (
  id TEXT PRIMARY KEY, order_id TEXT NOT NULL REFERENCES purchase_order(id), supplier_id TEXT NOT NULL, reseller_id TEXT NOT NULL, number TEXT NOT NULL, kind TEXT NOT NULL, state TEXT NOT NULL,
  currency TEXT NOT NULL, net INTEGER NOT NULL, tax INTEGER NOT NULL, tax_rate INTEGER NOT NULL, tax_category TEXT NOT NULL, differs_by INTEGER NOT NULL, gross INTEGER NOT NULL, issued_on TEXT NOT NULL, due_on TEXT NOT NULL, made_by TEXT NOT NULL, made INTEGER NOT NULL, interchange_id TEXT NOT NULL, credit_of TEXT NOT NULL DEFAULT '', orders INTEGER NOT NULL DEFAULT 0,
  UNIQUE (supplier_id, number)
);
CREATE INDEX invoice_credit_of ON invoice (credit_of) WHERE credit_of <> '';
CREATE INDEX invoice_order ON invoice (order_id, made);
CREATE INDEX invoice_pair ON invoice (supplier_id, reseller_id, currency, issued_on, id);
CREATE INDEX invoice_reseller ON invoice (reseller_id, made, id);
CREATE INDEX invoice_reseller_state ON invoice (reseller_id, state, made, id);
CREATE INDEX invoice_supplier ON invoice (supplier_id, made, id);
CREATE INDEX invoice_supplier_state ON invoice (supplier_id, state, made, id);
CREATE TABLE invoice_approval (
  id TEXT PRIMARY KEY, invoice_id TEXT NOT NULL REFERENCES invoice(id), supplier_id TEXT NOT NULL REFERENCES org(id), reseller_id TEXT NOT NULL REFERENCES org(id), amount INTEGER NOT NULL, note TEXT NOT NULL, person_id TEXT NOT NULL, made INTEGER NOT NULL
);
CREATE INDEX invoice_approval_invoice ON invoice_approval (invoice_id, made);
CREATE TABLE invoice_line (
  invoice_id TEXT NOT NULL REFERENCES invoice(id), position INTEGER NOT NULL, line INTEGER NOT NULL, sku TEXT NOT NULL, quantity INTEGER NOT NULL, unit TEXT NOT NULL, price INTEGER NOT NULL, amount INTEGER NOT NULL, difference TEXT NOT NULL, allowance INTEGER NOT NULL DEFAULT 0, deal TEXT NOT NULL DEFAULT '', tax_rate INTEGER NOT NULL DEFAULT -1, order_id TEXT NOT NULL DEFAULT '', PRIMARY KEY (invoice_id, position)
);
CREATE TABLE invoice_share (
  invoice_id TEXT NOT NULL REFERENCES invoice(id), position INTEGER NOT NULL, order_id TEXT NOT NULL REFERENCES purchase_order(id), supplier_id TEXT NOT NULL REFERENCES org(id), reseller_id TEXT NOT NULL REFERENCES org(id),
  net INTEGER NOT NULL, state TEXT NOT NULL, differs_by INTEGER NOT NULL, PRIMARY KEY (invoice_id, position)
);
CREATE INDEX invoice_share_order ON invoice_share (order_id);
CREATE INDEX invoice_share_reseller ON invoice_share (reseller_id, order_id) WHERE state = 'differs';
CREATE INDEX invoice_share_supplier ON invoice_share (supplier_id, order_id) WHERE state = 'differs';
CREATE TABLE invoice_tax (
  invoice_id TEXT NOT NULL REFERENCES invoice(id), position INTEGER NOT NULL, category TEXT NOT NULL, rate INTEGER NOT NULL, basis INTEGER NOT NULL, amount INTEGER NOT NULL, PRIMARY KEY (invoice_id, position)
);
CREATE TABLE item_reference (
  org_id TEXT NOT NULL, partner_id TEXT NOT NULL, buyer_item TEXT NOT NULL, product_id TEXT NOT NULL, created INTEGER NOT NULL, PRIMARY KEY (org_id, partner_id, buyer_item)
);
CREATE INDEX item_reference_product ON item_reference (org_id, product_id);
CREATE TABLE landing_code (
  page_id TEXT NOT NULL REFERENCES landing_page(id), code TEXT NOT NULL, label TEXT NOT NULL, made INTEGER NOT NULL, made_by TEXT NOT NULL, PRIMARY KEY (page_id, code)
);
CREATE TABLE landing_lead (
  lead_id TEXT PRIMARY KEY, page_id TEXT NOT NULL REFERENCES landing_page(id), promotion_id TEXT NOT NULL, owner_id TEXT NOT NULL REFERENCES org(id), org_id TEXT NOT NULL REFERENCES org(id), offer_id TEXT NOT NULL, ref TEXT NOT NULL, happened INTEGER NOT NULL
);
CREATE INDEX landing_lead_of ON landing_lead (promotion_id, happened, lead_id);
CREATE TABLE landing_page (
  id TEXT PRIMARY KEY, promotion_id TEXT NOT NULL REFERENCES promotion(id), owner_id TEXT NOT NULL REFERENCES org(id), org_id TEXT NOT NULL REFERENCES org(id), token TEXT NOT NULL, secret TEXT NOT NULL, live INTEGER NOT NULL,
  body TEXT NOT NULL, privacy TEXT NOT NULL, imprint TEXT NOT NULL, offer INTEGER NOT NULL, listed INTEGER NOT NULL, published INTEGER NOT NULL, changed INTEGER NOT NULL, changed_by TEXT NOT NULL, version INTEGER NOT NULL
, colour TEXT NOT NULL DEFAULT '');
CREATE UNIQUE INDEX landing_page_of ON landing_page (promotion_id, org_id);
CREATE UNIQUE INDEX landing_page_token ON landing_page (token);
CREATE TABLE landing_text (
  promotion_id TEXT PRIMARY KEY REFERENCES promotion(id), owner_id TEXT NOT NULL REFERENCES org(id), body TEXT NOT NULL, changed INTEGER NOT NULL, changed_by TEXT NOT NULL, version INTEGER NOT NULL
);
CREATE TABLE landing_view (
  page_id TEXT NOT NULL REFERENCES landing_page(id), day TEXT NOT NULL, ref TEXT NOT NULL, views INTEGER NOT NULL, PRIMARY KEY (page_id, day, ref)
);
CREATE TABLE lead (
  org_id TEXT NOT NULL REFERENCES org(id), id TEXT NOT NULL, number INTEGER NOT NULL, customer_id TEXT NOT NULL, contact_id TEXT NOT NULL, title TEXT NOT NULL, need TEXT NOT NULL, details TEXT NOT NULL,
  industry TEXT NOT NULL, size TEXT NOT NULL, families TEXT NOT NULL, products TEXT NOT NULL, value INTEGER NOT NULL, currency TEXT NOT NULL, expected TEXT NOT NULL, source TEXT NOT NULL, campaign TEXT NOT NULL, external TEXT NOT NULL,
  state TEXT NOT NULL, holder_id TEXT NOT NULL, offer_id TEXT NOT NULL, round INTEGER NOT NULL, reason TEXT NOT NULL, unplaced INTEGER NOT NULL, made_by TEXT NOT NULL,
  created INTEGER NOT NULL, changed INTEGER NOT NULL, version INTEGER NOT NULL, origin TEXT NOT NULL DEFAULT '', ref TEXT NOT NULL DEFAULT '', PRIMARY KEY (org_id, id)
);
CREATE INDEX lead_count ON lead (org_id, state);
CREATE INDEX lead_customer ON lead (org_id, customer_id);
CREATE UNIQUE INDEX lead_external ON lead (org_id, external) WHERE external <> '';
CREATE UNIQUE INDEX lead_origin ON lead (org_id, origin) WHERE origin <> '';
CREATE INDEX lead_state ON lead (org_id, state, created, id);
CREATE TABLE lead_activity (
  id TEXT PRIMARY KEY, offer_id TEXT NOT NULL REFERENCES lead_offer(id), supplier_id TEXT NOT NULL, reseller_id TEXT NOT NULL, org_id TEXT NOT NULL, person_id TEXT NOT NULL, kind TEXT NOT NULL, text TEXT NOT NULL, due TEXT NOT NULL, happened INTEGER NOT NULL
);
CREATE INDEX lead_activity_offer ON lead_activity (offer_id, happened);
CREATE TABLE lead_form (
  org_id TEXT PRIMARY KEY REFERENCES org(id), token TEXT NOT NULL UNIQUE, secret TEXT NOT NULL, active INTEGER NOT NULL, title TEXT NOT NULL, intro TEXT NOT NULL, consent TEXT NOT NULL, changed INTEGER NOT NULL, changed_by TEXT NOT NULL, version INTEGER NOT NULL
, confirms INTEGER NOT NULL DEFAULT 0);
CREATE TABLE lead_offer (
  id TEXT PRIMARY KEY, lead_id TEXT NOT NULL, supplier_id TEXT NOT NULL REFERENCES org(id), reseller_id TEXT NOT NULL REFERENCES org(id), partnership_id TEXT NOT NULL REFERENCES partnership(id), number INTEGER NOT NULL,
  state TEXT NOT NULL, phase TEXT NOT NULL, due INTEGER NOT NULL, teaser TEXT NOT NULL, shared TEXT NOT NULL, rule_id TEXT NOT NULL, rule TEXT NOT NULL, fit INTEGER NOT NULL, factors TEXT NOT NULL, note TEXT NOT NULL, convert_hours INTEGER NOT NULL,
  offered INTEGER NOT NULL, offered_by TEXT NOT NULL, opened INTEGER NOT NULL, opened_by TEXT NOT NULL, answered INTEGER NOT NULL, answered_by TEXT NOT NULL, reason TEXT NOT NULL, comment TEXT NOT NULL,
  accept_half INTEGER NOT NULL, accept_most INTEGER NOT NULL, accept_due INTEGER NOT NULL, convert_start INTEGER NOT NULL, convert_half INTEGER NOT NULL, convert_most INTEGER NOT NULL, convert_due INTEGER NOT NULL,
  worked INTEGER NOT NULL, ended INTEGER NOT NULL, deal_id TEXT NOT NULL, warned INTEGER NOT NULL, next_at INTEGER NOT NULL, version INTEGER NOT NULL, value INTEGER NOT NULL DEFAULT 0, currency TEXT NOT NULL DEFAULT '', source TEXT NOT NULL DEFAULT '', paused INTEGER NOT NULL DEFAULT 0, pause_until INTEGER NOT NULL DEFAULT 0, pause_reason TEXT NOT NULL DEFAULT '', pause_comment TEXT NOT NULL DEFAULT '', pause_org TEXT NOT NULL DEFAULT '', pause_by TEXT NOT NULL DEFAULT '', paused_sum INTEGER NOT NULL DEFAULT 0, UNIQUE (partnership_id, number)
);
CREATE INDEX lead_offer_lead ON lead_offer (supplier_id, lead_id);
CREATE INDEX lead_offer_next ON lead_offer (next_at, id) WHERE next_at > 0;
CREATE INDEX lead_offer_offered ON lead_offer (supplier_id, offered);
CREATE INDEX lead_offer_reseller ON lead_offer (reseller_id, phase, due, id);
CREATE INDEX lead_offer_reseller_state ON lead_offer (reseller_id, phase, state, due, id);
CREATE INDEX lead_offer_supplier ON lead_offer (supplier_id, phase, due, id);
CREATE INDEX lead_offer_supplier_state ON lead_offer (supplier_id, phase, state, due, id);
CREATE TABLE lead_profile (
  partnership_id TEXT PRIMARY KEY REFERENCES partnership(id), supplier_id TEXT NOT NULL, reseller_id TEXT NOT NULL, most INTEGER NOT NULL, countries TEXT NOT NULL, postcodes TEXT NOT NULL, families TEXT NOT NULL,
  changed INTEGER NOT NULL, changed_by TEXT NOT NULL, version INTEGER NOT NULL
, certificates TEXT NOT NULL DEFAULT '', certificate_look INTEGER NOT NULL DEFAULT 0, certificate_told TEXT NOT NULL DEFAULT '');
CREATE INDEX lead_profile_look ON lead_profile (certificate_look) WHERE certificate_look > 0;
CREATE INDEX lead_profile_supplier ON lead_profile (supplier_id);
CREATE TABLE lead_rule (
  org_id TEXT NOT NULL REFERENCES org(id), id TEXT NOT NULL, position INTEGER NOT NULL, name TEXT NOT NULL, active BOOLEAN NOT NULL, countries TEXT NOT NULL, postcodes TEXT NOT NULL, families TEXT NOT NULL, partners TEXT NOT NULL,
  least INTEGER NOT NULL, currency TEXT NOT NULL, accept INTEGER NOT NULL, convert INTEGER NOT NULL, rounds INTEGER NOT NULL, changed INTEGER NOT NULL, changed_by TEXT NOT NULL, version INTEGER NOT NULL, PRIMARY KEY (org_id, id)
);
CREATE TABLE lead_search (
  doc INTEGER PRIMARY KEY, lead_id TEXT NOT NULL UNIQUE, words TEXT NOT NULL
);
CREATE TRIGGER lead_search_delete AFTER DELETE ON lead_search BEGIN INSERT INTO lead_search_fts (lead_search_fts, rowid, words) VALUES ('delete', OLD.doc, OLD.words); END;
CREATE TRIGGER lead_search_insert AFTER INSERT ON lead_search BEGIN INSERT INTO lead_search_fts (rowid, words) VALUES (NEW.doc, NEW.words); END;
CREATE TRIGGER lead_search_update AFTER UPDATE ON lead_search BEGIN
  INSERT INTO lead_search_fts (lead_search_fts, rowid, words) VALUES ('delete', OLD.doc, OLD.words);
  INSERT INTO lead_search_fts (rowid, words) VALUES (NEW.doc, NEW.words);
END;
CREATE VIRTUAL TABLE lead_search_fts USING fts5 (words, content='lead_search', content_rowid='doc', tokenize='unicode61 remove_diacritics 2');
CREATE TABLE library_document (
  id TEXT PRIMARY KEY, owner_id TEXT NOT NULL REFERENCES org(id), title TEXT NOT NULL, about TEXT NOT NULL, kind TEXT NOT NULL, language TEXT NOT NULL, valid_from TEXT NOT NULL, expires TEXT NOT NULL,
  everyone INTEGER NOT NULL, confirm INTEGER NOT NULL, version INTEGER NOT NULL, told INTEGER NOT NULL, reminded INTEGER NOT NULL, withdrawn INTEGER NOT NULL, made INTEGER NOT NULL, made_by TEXT NOT NULL, changed INTEGER NOT NULL, client_key TEXT NOT NULL, UNIQUE (made_by, client_key)
);
CREATE INDEX library_document_owner ON library_document (owner_id, changed, id);
CREATE INDEX library_document_untold ON library_document (valid_from) WHERE told < version AND withdrawn = 0;
CREATE TABLE library_reading (
  document_id TEXT NOT NULL REFERENCES library_document(id), number INTEGER NOT NULL, org_id TEXT NOT NULL REFERENCES org(id), person_id TEXT NOT NULL REFERENCES person(id), seen INTEGER NOT NULL, fetched INTEGER NOT NULL, fetches INTEGER NOT NULL, confirmed INTEGER NOT NULL, PRIMARY KEY (document_id, number, org_id, person_id)
);
CREATE INDEX library_reading_person ON library_reading (person_id, org_id, document_id);
CREATE TABLE library_search (
  doc INTEGER PRIMARY KEY, document_id TEXT NOT NULL UNIQUE, words TEXT NOT NULL
);
CREATE TRIGGER library_search_delete AFTER DELETE ON library_search BEGIN INSERT INTO library_search_fts (library_search_fts, rowid, words) VALUES ('delete', OLD.doc, OLD.words); END;
CREATE TRIGGER library_search_insert AFTER INSERT ON library_search BEGIN INSERT INTO library_search_fts (rowid, words) VALUES (NEW.doc, NEW.words); END;
CREATE TRIGGER library_search_update AFTER UPDATE ON library_search BEGIN
  INSERT INTO library_search_fts (library_search_fts, rowid, words) VALUES ('delete', OLD.doc, OLD.words);
  INSERT INTO library_search_fts (rowid, words) VALUES (NEW.doc, NEW.words);
END;
CREATE VIRTUAL TABLE library_search_fts USING fts5 (words, content='library_search', content_rowid='doc', tokenize='unicode61 remove_diacritics 2');
CREATE TABLE library_target (
  document_id TEXT NOT NULL REFERENCES library_document(id), kind TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (document_id, kind, value)
);
CREATE TABLE library_version (
  document_id TEXT NOT NULL REFERENCES library_document(id), number INTEGER NOT NULL, name TEXT NOT NULL, type TEXT NOT NULL, size INTEGER NOT NULL, hash TEXT NOT NULL, note TEXT NOT NULL, made INTEGER NOT NULL, made_by TEXT NOT NULL, PRIMARY KEY (document_id, number)
);
CREATE INDEX library_version_hash ON library_version (hash);
CREATE TABLE link (
  id TEXT PRIMARY KEY, hash TEXT NOT NULL UNIQUE, kind TEXT NOT NULL, org_id TEXT NOT NULL, person_id TEXT NOT NULL, email TEXT NOT NULL, name TEXT NOT NULL,
  roles TEXT NOT NULL, made_by TEXT NOT NULL, created INTEGER NOT NULL, expires INTEGER NOT NULL, used INTEGER NOT NULL
);
CREATE INDEX link_org ON link (org_id, created);
CREATE TABLE live_ticket (
  hash TEXT PRIMARY KEY, identity TEXT NOT NULL, expires INTEGER NOT NULL
);
CREATE INDEX live_ticket_expires ON live_ticket (expires);
CREATE TABLE location (
  id TEXT PRIMARY KEY, partnership_id TEXT NOT NULL REFERENCES partnership(id), supplier_id TEXT NOT NULL, reseller_id TEXT NOT NULL, number TEXT NOT NULL, gln TEXT NOT NULL, name TEXT NOT NULL,
  street TEXT NOT NULL, city TEXT NOT NULL, postcode TEXT NOT NULL, country TEXT NOT NULL, made INTEGER NOT NULL, changed INTEGER NOT NULL, changed_by TEXT NOT NULL
);
CREATE INDEX location_pair ON location (partnership_id, made, id);
CREATE TABLE location_code (
  partnership_id TEXT NOT NULL REFERENCES partnership(id), qualifier TEXT NOT NULL, code TEXT NOT NULL, supplier_id TEXT NOT NULL, reseller_id TEXT NOT NULL, location_id TEXT NOT NULL REFERENCES location(id),
  changed INTEGER NOT NULL, changed_by TEXT NOT NULL, PRIMARY KEY (partnership_id, qualifier, code)
);
CREATE INDEX location_code_location ON location_code (location_id);
CREATE TABLE mail (
  org_id TEXT NOT NULL, id TEXT NOT NULL, person_id TEXT NOT NULL, address TEXT NOT NULL, kind TEXT NOT NULL, locale TEXT NOT NULL, subject TEXT NOT NULL, body TEXT NOT NULL, dedupe TEXT NOT NULL, state TEXT NOT NULL, attempts INTEGER NOT NULL, next_at INTEGER NOT NULL, last_error TEXT NOT NULL, created INTEGER NOT NULL, sent INTEGER NOT NULL, stop TEXT NOT NULL DEFAULT '', thread TEXT NOT NULL DEFAULT '', reply_to TEXT NOT NULL DEFAULT '', html TEXT NOT NULL DEFAULT '', sender TEXT NOT NULL DEFAULT '',
  PRIMARY KEY (org_id, id), UNIQUE (org_id, address, dedupe)
);
CREATE INDEX mail_due ON mail (state, next_at);
CREATE TABLE mail_box (
  id TEXT PRIMARY KEY, validity INTEGER NOT NULL, settled INTEGER NOT NULL
);
CREATE TABLE mail_deed (
  id TEXT NOT NULL PRIMARY KEY, org_id TEXT NOT NULL REFERENCES org(id), person_id TEXT NOT NULL REFERENCES person(id), kind TEXT NOT NULL, object TEXT NOT NULL, way TEXT NOT NULL, done INTEGER NOT NULL
);
CREATE INDEX mail_deed_done ON mail_deed (done);
CREATE TABLE mail_in (
  id TEXT PRIMARY KEY, reply_id TEXT NOT NULL REFERENCES mail_reply(id), org_id TEXT NOT NULL REFERENCES org(id), person_id TEXT NOT NULL REFERENCES person(id), message_key TEXT NOT NULL, nobody INTEGER NOT NULL, size INTEGER NOT NULL, raw BLOB, state TEXT NOT NULL, reason TEXT NOT NULL, received INTEGER NOT NULL, done INTEGER NOT NULL, UNIQUE (reply_id, message_key)
);
CREATE INDEX mail_in_org ON mail_in (org_id, received, id);
CREATE INDEX mail_in_person ON mail_in (person_id, received);
CREATE TABLE mail_optin (
  id TEXT NOT NULL PRIMARY KEY, org_id TEXT NOT NULL REFERENCES org(id), address TEXT NOT NULL, contact_id TEXT NOT NULL, page_id TEXT NOT NULL, language TEXT NOT NULL, consent TEXT NOT NULL, consent_mark TEXT NOT NULL, wish_id TEXT NOT NULL,
  asked INTEGER NOT NULL, asked_from TEXT NOT NULL, expires INTEGER NOT NULL, confirmed INTEGER NOT NULL, confirmed_from TEXT NOT NULL
);
CREATE INDEX mail_optin_address ON mail_optin (org_id, address);
CREATE INDEX mail_optin_wish ON mail_optin (wish_id);
CREATE TABLE mail_reply (
  id TEXT PRIMARY KEY, org_id TEXT NOT NULL REFERENCES org(id), person_id TEXT NOT NULL REFERENCES person(id), kind TEXT NOT NULL, object TEXT NOT NULL, seq INTEGER NOT NULL, made INTEGER NOT NULL, expires INTEGER NOT NULL
);
CREATE INDEX mail_reply_about ON mail_reply (person_id, org_id, kind, object, seq);
CREATE INDEX mail_reply_expires ON mail_reply (expires);
CREATE TABLE mapping_chunk (
  run_id TEXT NOT NULL, org_id TEXT NOT NULL, part INTEGER NOT NULL, number INTEGER NOT NULL, row_count INTEGER NOT NULL, digest TEXT NOT NULL, data BLOB, PRIMARY KEY (run_id, org_id, part, number)
);
CREATE TABLE mapping_log (
  run_id TEXT NOT NULL REFERENCES mapping_run(id), number INTEGER NOT NULL, seen_by TEXT NOT NULL, happened INTEGER NOT NULL, org_id TEXT NOT NULL, person_id TEXT NOT NULL, what TEXT NOT NULL, step INTEGER NOT NULL, PRIMARY KEY (run_id, number)
);
CREATE TABLE mapping_match (
  run_id TEXT NOT NULL, org_id TEXT NOT NULL, customer_id TEXT NOT NULL, theirs INTEGER NOT NULL, mine INTEGER NOT NULL, told TEXT NOT NULL, PRIMARY KEY (run_id, org_id, customer_id, theirs)
);
CREATE INDEX mapping_match_mine ON mapping_match (run_id, org_id, mine);
CREATE TABLE mapping_row (
  run_id TEXT NOT NULL, org_id TEXT NOT NULL, list TEXT NOT NULL, token TEXT NOT NULL, place INTEGER NOT NULL, customer_id TEXT NOT NULL, digest TEXT NOT NULL, points BLOB, PRIMARY KEY (run_id, org_id, list, token)
);
CREATE INDEX mapping_row_customer ON mapping_row (run_id, org_id, customer_id) WHERE list = 'own';
CREATE INDEX mapping_row_place ON mapping_row (run_id, org_id, place) WHERE list = 'theirs';
CREATE TABLE mapping_run (
  id TEXT PRIMARY KEY, way TEXT NOT NULL, code TEXT NOT NULL, starter_id TEXT NOT NULL, partner_id TEXT NOT NULL, name TEXT NOT NULL, partnership_id TEXT NOT NULL, pair TEXT NOT NULL, terms TEXT NOT NULL,
  state TEXT NOT NULL, running INTEGER NOT NULL, stage INTEGER NOT NULL, reason TEXT NOT NULL, reason_org TEXT NOT NULL, made INTEGER NOT NULL, made_by TEXT NOT NULL, changed INTEGER NOT NULL, expires INTEGER NOT NULL,
  turn INTEGER NOT NULL, clean INTEGER NOT NULL, tries INTEGER NOT NULL, lease_by TEXT NOT NULL, lease_until INTEGER NOT NULL
);
CREATE INDEX mapping_run_expires ON mapping_run (expires, id) WHERE expires > 0;
CREATE INDEX mapping_run_made ON mapping_run (pair, made);
CREATE UNIQUE INDEX mapping_run_pair ON mapping_run (pair) WHERE running = 1;
CREATE INDEX mapping_run_turn ON mapping_run (turn, id) WHERE turn > 0;
CREATE TABLE mapping_side (
  run_id TEXT NOT NULL REFERENCES mapping_run(id), org_id TEXT NOT NULL REFERENCES org(id), role TEXT NOT NULL, phase INTEGER NOT NULL, place TEXT NOT NULL, done INTEGER NOT NULL, list_rows INTEGER NOT NULL, consent INTEGER NOT NULL,
  got INTEGER NOT NULL, secret BLOB, dh_public TEXT NOT NULL, commitment TEXT NOT NULL, commit_line TEXT NOT NULL, peer_line TEXT NOT NULL, own_count INTEGER NOT NULL, their_count INTEGER NOT NULL, changed INTEGER NOT NULL,
  PRIMARY KEY (run_id, org_id)
);
CREATE INDEX mapping_side_org ON mapping_side (org_id, changed, run_id);
CREATE TABLE membership (
  org_id TEXT NOT NULL REFERENCES org(id), person_id TEXT NOT NULL REFERENCES person(id),
  roles TEXT NOT NULL, state TEXT NOT NULL, created INTEGER NOT NULL, ended INTEGER NOT NULL, PRIMARY KEY (org_id, person_id)
);
CREATE INDEX membership_person ON membership (person_id);
CREATE TABLE message (
  room_id TEXT NOT NULL REFERENCES room(id), seq INTEGER NOT NULL, kind TEXT NOT NULL, author_id TEXT NOT NULL, author_org TEXT NOT NULL, client_key TEXT, thread INTEGER NOT NULL, text TEXT NOT NULL,
  event_kind TEXT NOT NULL, subject_kind TEXT NOT NULL, subject_id TEXT NOT NULL, args TEXT NOT NULL, happened INTEGER NOT NULL, edited INTEGER NOT NULL, removed INTEGER NOT NULL, via TEXT NOT NULL DEFAULT '', PRIMARY KEY (room_id, seq), UNIQUE (room_id, author_id, client_key)
);
CREATE INDEX message_act ON message (room_id, seq) WHERE kind = 'act';
CREATE INDEX message_author ON message (author_org, happened) WHERE kind = 'message' AND removed = 0;
CREATE INDEX message_thread ON message (room_id, thread, seq) WHERE thread > 0;
CREATE TABLE message_kept (
  room_id TEXT NOT NULL, seq INTEGER NOT NULL, org_id TEXT NOT NULL REFERENCES org(id), text TEXT NOT NULL, files TEXT NOT NULL, kept INTEGER NOT NULL, PRIMARY KEY (room_id, seq, org_id, kept)
);
CREATE TABLE message_mention (
  room_id TEXT NOT NULL, seq INTEGER NOT NULL, person_id TEXT NOT NULL REFERENCES person(id), org_id TEXT NOT NULL REFERENCES org(id), PRIMARY KEY (room_id, seq, person_id, org_id)
);
CREATE TABLE message_pin (
  room_id TEXT NOT NULL, seq INTEGER NOT NULL, person_id TEXT NOT NULL, org_id TEXT NOT NULL, made INTEGER NOT NULL, PRIMARY KEY (room_id, seq)
);
CREATE TABLE message_reaction (
  room_id TEXT NOT NULL, seq INTEGER NOT NULL, emoji TEXT NOT NULL, person_id TEXT NOT NULL REFERENCES person(id), org_id TEXT NOT NULL REFERENCES org(id), made INTEGER NOT NULL, PRIMARY KEY (room_id, seq, emoji, person_id)
);
CREATE TABLE message_search (
  doc INTEGER PRIMARY KEY, room_id TEXT NOT NULL, seq INTEGER NOT NULL, words TEXT NOT NULL, UNIQUE (room_id, seq)
);
CREATE TRIGGER message_search_delete AFTER DELETE ON message_search BEGIN INSERT INTO message_search_fts (message_search_fts, rowid, words) VALUES ('delete', OLD.doc, OLD.words); END;
CREATE TRIGGER message_search_insert AFTER INSERT ON message_search BEGIN INSERT INTO message_search_fts (rowid, words) VALUES (NEW.doc, NEW.words); END;
CREATE TRIGGER message_search_update AFTER UPDATE ON message_search BEGIN
  INSERT INTO message_search_fts (message_search_fts, rowid, words) VALUES ('delete', OLD.doc, OLD.words);
  INSERT INTO message_search_fts (rowid, words) VALUES (NEW.doc, NEW.words);
END;
CREATE VIRTUAL TABLE message_search_fts USING fts5 (words, content='message_search', content_rowid='doc', tokenize='unicode61 remove_diacritics 2');
CREATE TABLE notice (
  org_id TEXT NOT NULL, id TEXT NOT NULL, person_id TEXT NOT NULL, kind TEXT NOT NULL, dedupe TEXT NOT NULL, args TEXT NOT NULL, subject_kind TEXT NOT NULL, subject_id TEXT NOT NULL, urgent BOOLEAN NOT NULL, happened INTEGER NOT NULL, seen INTEGER NOT NULL, mailed INTEGER NOT NULL DEFAULT 0, about TEXT NOT NULL DEFAULT '', reason TEXT NOT NULL DEFAULT '', place INTEGER NOT NULL DEFAULT 0, snoozed INTEGER NOT NULL DEFAULT 0, done INTEGER NOT NULL DEFAULT 0, pushed INTEGER NOT NULL DEFAULT 1,
  PRIMARY KEY (org_id, id), UNIQUE (org_id, person_id, dedupe)
);
CREATE INDEX notice_about ON notice (org_id, person_id, about, place, id);
CREATE INDEX notice_digest ON notice (org_id, person_id) WHERE mailed = 2;
CREATE INDEX notice_place ON notice (org_id, person_id, place, id);
CREATE INDEX notice_unmailed ON notice (happened) WHERE mailed = 0 AND seen = 0;
CREATE INDEX notice_unpushed ON notice (org_id, person_id) WHERE pushed = 0;
CREATE INDEX notice_unread ON notice (org_id, person_id) WHERE seen = 0;
CREATE TABLE notice_choice (
  org_id TEXT NOT NULL,
  person_id TEXT NOT NULL,
  mode TEXT NOT NULL,
  next_at INTEGER NOT NULL,
  changed INTEGER NOT NULL, quiet_from INTEGER NOT NULL DEFAULT 0, quiet_to INTEGER NOT NULL DEFAULT 0, hold INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (org_id, person_id)
);
CREATE INDEX notice_choice_due ON notice_choice (next_at) WHERE mode IN ('daily', '');
CREATE TABLE notice_off (
  org_id TEXT NOT NULL,
  person_id TEXT NOT NULL,
  topic TEXT NOT NULL,
  way TEXT NOT NULL,
  PRIMARY KEY (org_id, person_id, topic, way)
);
CREATE TABLE order_arrival (
  id TEXT PRIMARY KEY, order_id TEXT NOT NULL, supplier_id TEXT NOT NULL REFERENCES org(id), reseller_id TEXT NOT NULL REFERENCES org(id), partnership_id TEXT NOT NULL, outcome TEXT NOT NULL, reason TEXT NOT NULL,
  number TEXT NOT NULL, source TEXT NOT NULL, source_key TEXT NOT NULL, interchange_id TEXT NOT NULL, set_no INTEGER NOT NULL, document TEXT NOT NULL, placed_by TEXT NOT NULL, made INTEGER NOT NULL,
  answer TEXT NOT NULL, answered_by TEXT NOT NULL, answered_org TEXT NOT NULL, answered INTEGER NOT NULL, new_order_id TEXT NOT NULL
);
CREATE INDEX order_arrival_order ON order_arrival (order_id, made, id);
CREATE UNIQUE INDEX order_arrival_source ON order_arrival (reseller_id, source_key) WHERE source_key <> '';
CREATE TABLE order_change (
  id TEXT PRIMARY KEY, order_id TEXT NOT NULL REFERENCES purchase_order(id), supplier_id TEXT NOT NULL REFERENCES org(id), reseller_id TEXT NOT NULL REFERENCES org(id), partnership_id TEXT NOT NULL REFERENCES partnership(id),
  number TEXT NOT NULL, sequence TEXT NOT NULL, kind TEXT NOT NULL, state TEXT NOT NULL, note TEXT NOT NULL, document TEXT NOT NULL, source TEXT NOT NULL, source_key TEXT NOT NULL, interchange_id TEXT NOT NULL, set_no INTEGER NOT NULL,
  made_by TEXT NOT NULL, made INTEGER NOT NULL, answered INTEGER NOT NULL, answered_by TEXT NOT NULL, answered_org TEXT NOT NULL, response_id TEXT NOT NULL
);
CREATE INDEX order_change_asked ON order_change (reseller_id, made, id) WHERE state = 'open';
CREATE INDEX order_change_open ON order_change (supplier_id, made, id) WHERE state = 'open';
CREATE INDEX order_change_order ON order_change (order_id, made, id);
CREATE UNIQUE INDEX order_change_source ON order_change (reseller_id, source_key) WHERE source_key <> '';
CREATE TABLE order_change_line (
  change_id TEXT NOT NULL REFERENCES order_change(id), position INTEGER NOT NULL, line INTEGER NOT NULL, action TEXT NOT NULL, reference TEXT NOT NULL, product_id TEXT NOT NULL, sku TEXT NOT NULL, buyer_item TEXT NOT NULL, gtin TEXT NOT NULL,
  description TEXT NOT NULL, unit TEXT NOT NULL, was_quantity INTEGER NOT NULL, quantity INTEGER NOT NULL, was_price INTEGER NOT NULL, price INTEGER NOT NULL, was_day TEXT NOT NULL, day TEXT NOT NULL, fields TEXT NOT NULL,
  verdict TEXT NOT NULL, granted INTEGER NOT NULL, reason TEXT NOT NULL, marks TEXT NOT NULL DEFAULT '', PRIMARY KEY (change_id, position)
);
CREATE TABLE order_clock (
  order_id TEXT PRIMARY KEY REFERENCES purchase_order(id), partnership_id TEXT NOT NULL, supplier_id TEXT NOT NULL REFERENCES org(id), reseller_id TEXT NOT NULL REFERENCES org(id), calendar_version INTEGER NOT NULL,
  work INTEGER NOT NULL, started INTEGER NOT NULL, warn INTEGER NOT NULL, due INTEGER NOT NULL, warned INTEGER NOT NULL, overdue INTEGER NOT NULL, paused INTEGER NOT NULL, warn_left INTEGER NOT NULL, due_left INTEGER NOT NULL, settled INTEGER NOT NULL, outcome TEXT NOT NULL
);
CREATE INDEX order_clock_due ON order_clock (due, order_id) WHERE settled = 0 AND paused = 0 AND overdue = 0;
CREATE INDEX order_clock_reseller ON order_clock (reseller_id, due, order_id) WHERE settled = 0;
CREATE INDEX order_clock_supplier ON order_clock (supplier_id, due, order_id) WHERE settled = 0;
CREATE INDEX order_clock_warn ON order_clock (warn, order_id) WHERE settled = 0 AND paused = 0 AND warned = 0;
CREATE TABLE order_hold (
  id TEXT PRIMARY KEY, order_id TEXT NOT NULL REFERENCES purchase_order(id), supplier_id TEXT NOT NULL REFERENCES org(id), reseller_id TEXT NOT NULL REFERENCES org(id), partnership_id TEXT NOT NULL REFERENCES partnership(id),
  reason TEXT NOT NULL, note TEXT NOT NULL, owner_role TEXT NOT NULL, owner_person TEXT NOT NULL, lines TEXT NOT NULL, by_day TEXT NOT NULL, due INTEGER NOT NULL, overdue INTEGER NOT NULL, placed INTEGER NOT NULL, placed_by TEXT NOT NULL,
  released INTEGER NOT NULL, released_by TEXT NOT NULL
);
CREATE INDEX order_hold_due ON order_hold (due, id) WHERE released = 0 AND overdue = 0 AND due > 0;
CREATE INDEX order_hold_order ON order_hold (order_id, released);
CREATE INDEX order_hold_supplier ON order_hold (supplier_id, due, id) WHERE released = 0;
CREATE TABLE order_line (
  order_id TEXT NOT NULL REFERENCES purchase_order(id), line INTEGER NOT NULL, supplier_id TEXT NOT NULL, reseller_id TEXT NOT NULL, reference TEXT NOT NULL,
  product_id TEXT NOT NULL, sku TEXT NOT NULL, buyer_item TEXT NOT NULL, gtin TEXT NOT NULL, description TEXT NOT NULL, unit TEXT NOT NULL,
  price INTEGER NOT NULL, list_price INTEGER NOT NULL, amount INTEGER NOT NULL, mark TEXT NOT NULL, state TEXT NOT NULL, requested_on TEXT NOT NULL, promised_on TEXT NOT NULL, deal_number TEXT NOT NULL,
  ordered INTEGER NOT NULL, confirmed INTEGER NOT NULL, backordered INTEGER NOT NULL, cancelled INTEGER NOT NULL, shipped INTEGER NOT NULL, received INTEGER NOT NULL, invoiced INTEGER NOT NULL, credited INTEGER NOT NULL, returned INTEGER NOT NULL, deal_applied TEXT NOT NULL DEFAULT '', deal_method TEXT NOT NULL DEFAULT '', deal_reason TEXT NOT NULL DEFAULT '', deal_allowance INTEGER NOT NULL DEFAULT 0, deal_granted INTEGER NOT NULL DEFAULT 0, parts TEXT NOT NULL DEFAULT '', instead_of TEXT NOT NULL DEFAULT '', free INTEGER NOT NULL DEFAULT 0, price_trail TEXT NOT NULL DEFAULT '',
  PRIMARY KEY (order_id, line)
);
CREATE INDEX order_line_reseller_back ON order_line (reseller_id, promised_on, order_id, line) WHERE backordered > 0;
CREATE INDEX order_line_supplier_back ON order_line (supplier_id, product_id, order_id, line) WHERE backordered > 0;
CREATE TABLE order_response (
  id TEXT PRIMARY KEY, order_id TEXT NOT NULL REFERENCES purchase_order(id), supplier_id TEXT NOT NULL, reseller_id TEXT NOT NULL, number TEXT NOT NULL, kind TEXT NOT NULL,
  made_by TEXT NOT NULL, made INTEGER NOT NULL, agreed_by TEXT NOT NULL, agreed INTEGER NOT NULL, interchange_id TEXT NOT NULL, change_id TEXT NOT NULL DEFAULT '', UNIQUE (supplier_id, number)
);
CREATE INDEX order_response_agree ON order_response (reseller_id, made, id) WHERE kind = 'changed' AND agreed = 0;
CREATE INDEX order_response_order ON order_response (order_id, made);
CREATE TABLE order_response_line (
  response_id TEXT NOT NULL REFERENCES order_response(id), position INTEGER NOT NULL, line INTEGER NOT NULL, action TEXT NOT NULL, code TEXT NOT NULL, quantity INTEGER NOT NULL, price INTEGER NOT NULL, day TEXT NOT NULL, substitute TEXT NOT NULL, reason TEXT NOT NULL, PRIMARY KEY (response_id, position)
);
CREATE TABLE "order_search" (
  doc INTEGER PRIMARY KEY, order_id TEXT NOT NULL UNIQUE, received INTEGER NOT NULL, invoiced INTEGER NOT NULL DEFAULT 0, supplier_id TEXT NOT NULL, reseller_id TEXT NOT NULL, words TEXT NOT NULL
);
CREATE TRIGGER order_search_delete AFTER DELETE ON order_search BEGIN INSERT INTO order_search_fts (order_search_fts, rowid, words) VALUES ('delete', OLD.doc, OLD.words); END;
CREATE TRIGGER order_search_insert AFTER INSERT ON order_search BEGIN INSERT INTO order_search_fts (rowid, words) VALUES (NEW.doc, NEW.words); END;
CREATE TRIGGER order_search_update AFTER UPDATE ON order_search BEGIN
  INSERT INTO order_search_fts (order_search_fts, rowid, words) VALUES ('delete', OLD.doc, OLD.words);
  INSERT INTO order_search_fts (rowid, words) VALUES (NEW.doc, NEW.words);
END;
CREATE VIRTUAL TABLE order_search_fts USING fts5 (words, content='order_search', content_rowid='doc', tokenize='unicode61 remove_diacritics 2');
CREATE TABLE org (
  id TEXT PRIMARY KEY, slug TEXT NOT NULL UNIQUE, name TEXT NOT NULL, city TEXT NOT NULL, country TEXT NOT NULL,
  currency TEXT NOT NULL, timezone TEXT NOT NULL, locale TEXT NOT NULL, state TEXT NOT NULL, created INTEGER NOT NULL
, street TEXT NOT NULL DEFAULT '', postcode TEXT NOT NULL DEFAULT '', tax_id TEXT NOT NULL DEFAULT '');
CREATE TABLE pack (
  org_id TEXT NOT NULL, product_id TEXT NOT NULL, level TEXT NOT NULL, gtin TEXT NOT NULL, unit TEXT NOT NULL, quantity INTEGER NOT NULL, PRIMARY KEY (org_id, product_id, level)
);
CREATE INDEX pack_gtin ON pack (org_id, gtin);
CREATE TABLE partnership (
  id TEXT PRIMARY KEY, supplier_id TEXT NOT NULL REFERENCES org(id), reseller_id TEXT NOT NULL REFERENCES org(id), state TEXT NOT NULL, currency TEXT NOT NULL,
  price_tolerance INTEGER NOT NULL, quantity_tolerance INTEGER NOT NULL, created INTEGER NOT NULL, version INTEGER NOT NULL, moved_by TEXT NOT NULL DEFAULT '', UNIQUE (supplier_id, reseller_id)
);
CREATE INDEX partnership_reseller ON partnership (reseller_id);
CREATE TABLE payment (
  id TEXT PRIMARY KEY, supplier_id TEXT NOT NULL REFERENCES org(id), reseller_id TEXT NOT NULL REFERENCES org(id), partnership_id TEXT NOT NULL REFERENCES partnership(id), number TEXT NOT NULL, method TEXT NOT NULL, paid_on TEXT NOT NULL,
  currency TEXT NOT NULL, total INTEGER NOT NULL, outcome TEXT NOT NULL, reason TEXT NOT NULL, args TEXT NOT NULL, document TEXT NOT NULL, content_hash TEXT NOT NULL, source TEXT NOT NULL, source_key TEXT NOT NULL, interchange_id TEXT NOT NULL, set_no INTEGER NOT NULL,
  made INTEGER NOT NULL, made_by TEXT NOT NULL, made_org TEXT NOT NULL, settled INTEGER NOT NULL, settled_by TEXT NOT NULL, settled_org TEXT NOT NULL, note TEXT NOT NULL
);
CREATE UNIQUE INDEX payment_number ON payment (supplier_id, reseller_id, number) WHERE outcome = 'booked';
CREATE INDEX payment_pair ON payment (supplier_id, reseller_id, currency, paid_on, id) WHERE outcome = 'booked';
CREATE INDEX payment_reseller ON payment (reseller_id, made, id);
CREATE UNIQUE INDEX payment_source ON payment (supplier_id, source_key) WHERE source_key <> '';
CREATE INDEX payment_supplier ON payment (supplier_id, made, id);
CREATE TABLE payment_issue (
  id TEXT PRIMARY KEY, payment_id TEXT NOT NULL REFERENCES payment(id), position INTEGER NOT NULL, kind TEXT NOT NULL, supplier_id TEXT NOT NULL REFERENCES org(id), reseller_id TEXT NOT NULL REFERENCES org(id), partnership_id TEXT NOT NULL REFERENCES partnership(id),
  invoice_id TEXT NOT NULL, document_no TEXT NOT NULL, currency TEXT NOT NULL, amount INTEGER NOT NULL, code TEXT NOT NULL, code_un TEXT NOT NULL, reference TEXT NOT NULL, note TEXT NOT NULL, state TEXT NOT NULL, subject_kind TEXT NOT NULL, subject_id TEXT NOT NULL,
  owner_id TEXT NOT NULL, due INTEGER NOT NULL, overdue INTEGER NOT NULL, answer TEXT NOT NULL, answer_note TEXT NOT NULL, made INTEGER NOT NULL, settled INTEGER NOT NULL, settled_by TEXT NOT NULL, settled_org TEXT NOT NULL
);
CREATE INDEX payment_issue_due ON payment_issue (due, id) WHERE state = 'open' AND overdue = 0;
CREATE INDEX payment_issue_invoice ON payment_issue (invoice_id) WHERE invoice_id <> '';
CREATE INDEX payment_issue_payment ON payment_issue (payment_id, position, id);
CREATE INDEX payment_issue_reseller ON payment_issue (reseller_id, made, id) WHERE state = 'open';
CREATE INDEX payment_issue_subject ON payment_issue (subject_id) WHERE subject_id <> '';
CREATE INDEX payment_issue_supplier ON payment_issue (supplier_id, made, id) WHERE state = 'open';
CREATE INDEX payment_issue_wanted ON payment_issue (supplier_id, reseller_id, document_no) WHERE state = 'open';
CREATE TABLE payment_line (
  payment_id TEXT NOT NULL REFERENCES payment(id), position INTEGER NOT NULL, kind TEXT NOT NULL, document_no TEXT NOT NULL, invoice_id TEXT NOT NULL, stated INTEGER NOT NULL, paid INTEGER NOT NULL, discount INTEGER NOT NULL, PRIMARY KEY (payment_id, position)
);
CREATE TABLE person (
  id TEXT PRIMARY KEY, email TEXT NOT NULL UNIQUE, name TEXT NOT NULL, locale TEXT NOT NULL, theme TEXT NOT NULL, timezone TEXT NOT NULL,
  password TEXT NOT NULL, password_at INTEGER NOT NULL, operator BOOLEAN NOT NULL, state TEXT NOT NULL, last_org TEXT NOT NULL, created INTEGER NOT NULL
);
CREATE TABLE price_entry (
  org_id TEXT NOT NULL, list_id TEXT NOT NULL, version INTEGER NOT NULL, product_id TEXT NOT NULL, price INTEGER NOT NULL, PRIMARY KEY (org_id, list_id, version, product_id)
);
CREATE INDEX price_entry_product ON price_entry (org_id, product_id);
CREATE TABLE price_list (
  org_id TEXT NOT NULL REFERENCES org(id), id TEXT NOT NULL, name TEXT NOT NULL, currency TEXT NOT NULL, partner_id TEXT NOT NULL, basis TEXT NOT NULL, notice_days INTEGER NOT NULL, created INTEGER NOT NULL,
  PRIMARY KEY (org_id, id), UNIQUE (org_id, currency, partner_id)
);
CREATE TABLE price_option (
  org_id TEXT NOT NULL REFERENCES org(id), list_id TEXT NOT NULL, version INTEGER NOT NULL, product_id TEXT NOT NULL, option_code TEXT NOT NULL, price INTEGER NOT NULL, percent INTEGER NOT NULL, PRIMARY KEY (org_id, list_id, version, product_id, option_code)
);
CREATE TABLE price_protection (
  id TEXT NOT NULL PRIMARY KEY, supplier_id TEXT NOT NULL REFERENCES org(id), reseller_id TEXT NOT NULL REFERENCES org(id), partnership_id TEXT NOT NULL REFERENCES partnership(id), currency TEXT NOT NULL, day TEXT NOT NULL, state TEXT NOT NULL, why TEXT NOT NULL,
  basis TEXT NOT NULL, report_id TEXT NOT NULL, report_no TEXT NOT NULL, report_day TEXT NOT NULL, from_day TEXT NOT NULL, to_day TEXT NOT NULL, covered INTEGER NOT NULL, straddling INTEGER NOT NULL,
  days INTEGER NOT NULL, cover INTEGER NOT NULL, cap INTEGER NOT NULL, least INTEGER NOT NULL, whole INTEGER NOT NULL, amount INTEGER NOT NULL, ceiling INTEGER NOT NULL, subject_id TEXT NOT NULL, program_id TEXT NOT NULL, mark TEXT NOT NULL, answer_by INTEGER NOT NULL, next_at INTEGER NOT NULL, reminded INTEGER NOT NULL,
  made INTEGER NOT NULL, changed INTEGER NOT NULL, answered INTEGER NOT NULL, answered_by TEXT NOT NULL, note TEXT NOT NULL, version INTEGER NOT NULL, UNIQUE (supplier_id, reseller_id, currency, day)
);
CREATE INDEX price_protection_next ON price_protection (next_at, id) WHERE next_at > 0;
CREATE INDEX price_protection_reseller ON price_protection (reseller_id, changed, id);
CREATE INDEX price_protection_supplier ON price_protection (supplier_id, changed, id);
CREATE TABLE price_protection_claim (
  claim_id TEXT NOT NULL PRIMARY KEY REFERENCES fund_claim(id), protection_id TEXT NOT NULL REFERENCES price_protection(id), supplier_id TEXT NOT NULL REFERENCES org(id), reseller_id TEXT NOT NULL REFERENCES org(id), made INTEGER NOT NULL
);
CREATE INDEX price_protection_claim_of ON price_protection_claim (protection_id, made);
CREATE TABLE price_protection_line (
  protection_id TEXT NOT NULL REFERENCES price_protection(id), position INTEGER NOT NULL, supplier_id TEXT NOT NULL REFERENCES org(id), reseller_id TEXT NOT NULL REFERENCES org(id), product_id TEXT NOT NULL, sku TEXT NOT NULL, was INTEGER NOT NULL, was_list TEXT NOT NULL, was_version INTEGER NOT NULL, price INTEGER NOT NULL, list TEXT NOT NULL, list_version INTEGER NOT NULL,
  opening INTEGER NOT NULL, came INTEGER NOT NULL, sold INTEGER NOT NULL, back INTEGER NOT NULL, quantity INTEGER NOT NULL, said INTEGER NOT NULL, amount INTEGER NOT NULL, claimed INTEGER NOT NULL, PRIMARY KEY (protection_id, position)
);
CREATE TABLE price_protection_terms (
  org_id TEXT NOT NULL REFERENCES org(id), currency TEXT NOT NULL, partner_id TEXT NOT NULL, days INTEGER NOT NULL, cover INTEGER NOT NULL, cap INTEGER NOT NULL, least INTEGER NOT NULL, answer_days INTEGER NOT NULL, changed INTEGER NOT NULL, changed_by TEXT NOT NULL, PRIMARY KEY (org_id, currency, partner_id)
);
CREATE TABLE price_version (
  org_id TEXT NOT NULL, list_id TEXT NOT NULL, version INTEGER NOT NULL, valid_from TEXT NOT NULL, state TEXT NOT NULL, note TEXT NOT NULL,
  created INTEGER NOT NULL, created_by TEXT NOT NULL, published INTEGER NOT NULL, published_by TEXT NOT NULL, PRIMARY KEY (org_id, list_id, version)
);
CREATE TABLE product (
  org_id TEXT NOT NULL REFERENCES org(id), id TEXT NOT NULL, sku TEXT NOT NULL, name_en TEXT NOT NULL, name_zh TEXT NOT NULL, family TEXT NOT NULL,
  unit TEXT NOT NULL, gtin TEXT NOT NULL, state TEXT NOT NULL, created INTEGER NOT NULL, minimum INTEGER NOT NULL DEFAULT 0, multiple INTEGER NOT NULL DEFAULT 0, replaced_by TEXT NOT NULL DEFAULT '', replaced_from TEXT NOT NULL DEFAULT '', PRIMARY KEY (org_id, id), UNIQUE (org_id, sku)
);
CREATE INDEX product_gtin ON product (org_id, gtin);
CREATE TABLE product_family (
  org_id TEXT NOT NULL REFERENCES org(id), product_id TEXT NOT NULL, until_at INTEGER NOT NULL, family TEXT NOT NULL, PRIMARY KEY (org_id, product_id, until_at)
);
CREATE TABLE product_option (
  org_id TEXT NOT NULL REFERENCES org(id), product_id TEXT NOT NULL, revision INTEGER NOT NULL, definition TEXT NOT NULL, changed INTEGER NOT NULL, changed_by TEXT NOT NULL, PRIMARY KEY (org_id, product_id)
);
CREATE TABLE promotion (
  id TEXT PRIMARY KEY, owner_id TEXT NOT NULL REFERENCES org(id), number TEXT NOT NULL, title TEXT NOT NULL, state TEXT NOT NULL, draft TEXT NOT NULL, open_no INTEGER NOT NULL, agreed_no INTEGER NOT NULL,
  from_on TEXT NOT NULL, until_on TEXT NOT NULL, zone TEXT NOT NULL, currency TEXT NOT NULL, budget INTEGER NOT NULL, next_at INTEGER NOT NULL, reason TEXT NOT NULL, made_by TEXT NOT NULL, made INTEGER NOT NULL, cancelled INTEGER NOT NULL, settled INTEGER NOT NULL,
  result TEXT NOT NULL, changed INTEGER NOT NULL, version INTEGER NOT NULL, margin INTEGER NOT NULL DEFAULT 0, waived TEXT NOT NULL DEFAULT '', approval TEXT NOT NULL DEFAULT '', UNIQUE (owner_id, number)
);
CREATE INDEX promotion_list ON promotion (owner_id, from_on, id);
CREATE INDEX promotion_next ON promotion (next_at, id) WHERE next_at > 0;
CREATE INDEX promotion_state ON promotion (owner_id, state, from_on, id);
CREATE TABLE promotion_adjustment (
  id TEXT NOT NULL PRIMARY KEY, promotion_id TEXT NOT NULL REFERENCES promotion(id), owner_id TEXT NOT NULL REFERENCES org(id), org_id TEXT NOT NULL REFERENCES org(id),
  reason TEXT NOT NULL, document_id TEXT NOT NULL, number TEXT NOT NULL, currency TEXT NOT NULL, invoiced INTEGER NOT NULL, sold INTEGER NOT NULL, earned INTEGER NOT NULL, made INTEGER NOT NULL
);
CREATE INDEX promotion_adjustment_made ON promotion_adjustment (promotion_id, made);
CREATE TABLE promotion_approval (
  promotion_id TEXT NOT NULL REFERENCES promotion(id), org_id TEXT NOT NULL, hash TEXT NOT NULL, person_id TEXT NOT NULL, at INTEGER NOT NULL, PRIMARY KEY (promotion_id, org_id, hash)
);
CREATE TABLE promotion_line (
  promotion_id TEXT NOT NULL REFERENCES promotion(id), order_id TEXT NOT NULL, line INTEGER NOT NULL, owner_id TEXT NOT NULL, org_id TEXT NOT NULL, version_no INTEGER NOT NULL, number TEXT NOT NULL, sku TEXT NOT NULL, ordered_on TEXT NOT NULL, arrived INTEGER NOT NULL, unit TEXT NOT NULL, factor INTEGER NOT NULL,
  verdict TEXT NOT NULL, reason TEXT NOT NULL, method TEXT NOT NULL, currency TEXT NOT NULL, price INTEGER NOT NULL, allowance INTEGER NOT NULL, ordered INTEGER NOT NULL, granted INTEGER NOT NULL, counted INTEGER NOT NULL, confirmed INTEGER NOT NULL, shipped INTEGER NOT NULL, invoiced INTEGER NOT NULL,
  value INTEGER NOT NULL, earned INTEGER NOT NULL, base INTEGER NOT NULL DEFAULT 0, free INTEGER NOT NULL DEFAULT 0, freed INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (promotion_id, order_id, line)
);
CREATE INDEX promotion_line_all ON promotion_line (promotion_id, arrived, order_id, line);
CREATE INDEX promotion_line_list ON promotion_line (promotion_id, org_id, arrived, order_id, line);
CREATE INDEX promotion_line_order ON promotion_line (order_id);
CREATE INDEX promotion_line_out ON promotion_line (promotion_id, arrived, order_id, line) WHERE verdict = 'out';
CREATE INDEX promotion_line_sku ON promotion_line (promotion_id, sku, arrived, order_id, line);
CREATE TABLE promotion_log (
  id TEXT PRIMARY KEY, promotion_id TEXT NOT NULL REFERENCES promotion(id), seen_by TEXT NOT NULL, kind TEXT NOT NULL, org_id TEXT NOT NULL, person_id TEXT NOT NULL, number INTEGER NOT NULL, text TEXT NOT NULL, happened INTEGER NOT NULL
);
CREATE INDEX promotion_log_of ON promotion_log (promotion_id, happened, id);
CREATE TABLE promotion_measure (
  promotion_id TEXT NOT NULL REFERENCES promotion(id), org_id TEXT NOT NULL REFERENCES org(id), version INTEGER NOT NULL, stamp TEXT NOT NULL, made INTEGER NOT NULL, content TEXT NOT NULL, PRIMARY KEY (promotion_id, org_id)
);
CREATE TABLE promotion_rebuild (
  promotion_id TEXT PRIMARY KEY REFERENCES promotion(id), owner_id TEXT NOT NULL REFERENCES org(id), state TEXT NOT NULL, started INTEGER NOT NULL, started_by TEXT NOT NULL, changed INTEGER NOT NULL, lease INTEGER NOT NULL, step INTEGER NOT NULL,
  org_id TEXT NOT NULL, place TEXT NOT NULL, taken TEXT NOT NULL, done INTEGER NOT NULL, total INTEGER NOT NULL, found INTEGER NOT NULL, differing INTEGER NOT NULL
);
CREATE INDEX promotion_rebuild_due ON promotion_rebuild (lease, promotion_id) WHERE state = 'running';
CREATE TABLE promotion_resale (
  promotion_id TEXT NOT NULL REFERENCES promotion(id), report_id TEXT NOT NULL, line INTEGER NOT NULL, owner_id TEXT NOT NULL, org_id TEXT NOT NULL, version_no INTEGER NOT NULL, number TEXT NOT NULL, sku TEXT NOT NULL, sold_from TEXT NOT NULL, sold_to TEXT NOT NULL, arrived INTEGER NOT NULL,
  verdict TEXT NOT NULL, reason TEXT NOT NULL, basis TEXT NOT NULL, currency TEXT NOT NULL, price INTEGER NOT NULL, allowance INTEGER NOT NULL, sold INTEGER NOT NULL, counted INTEGER NOT NULL, value INTEGER NOT NULL, earned INTEGER NOT NULL, PRIMARY KEY (promotion_id, report_id, line)
);
CREATE INDEX promotion_resale_all ON promotion_resale (promotion_id, arrived, report_id, line);
CREATE INDEX promotion_resale_back ON promotion_resale (org_id, promotion_id) WHERE basis = 'back';
CREATE INDEX promotion_resale_list ON promotion_resale (promotion_id, org_id, arrived, report_id, line);
CREATE INDEX promotion_resale_report ON promotion_resale (report_id);
CREATE INDEX promotion_resale_sku ON promotion_resale (promotion_id, sku, arrived, report_id, line);
CREATE TABLE promotion_seat (
  id TEXT PRIMARY KEY, promotion_id TEXT NOT NULL REFERENCES promotion(id), owner_id TEXT NOT NULL, org_id TEXT NOT NULL REFERENCES org(id), role TEXT NOT NULL, state TEXT NOT NULL, hash TEXT NOT NULL, share INTEGER NOT NULL, currency TEXT NOT NULL,
  asked INTEGER NOT NULL, answered INTEGER NOT NULL, answered_by TEXT NOT NULL, reason TEXT NOT NULL, taken INTEGER NOT NULL, volume INTEGER NOT NULL DEFAULT 0, UNIQUE (promotion_id, org_id)
);
CREATE INDEX promotion_seat_org ON promotion_seat (org_id, state, promotion_id);
CREATE TABLE promotion_sum (
  promotion_id TEXT NOT NULL REFERENCES promotion(id), grain TEXT NOT NULL, org_id TEXT NOT NULL, sku TEXT NOT NULL, method TEXT NOT NULL, currency TEXT NOT NULL,
  orders INTEGER NOT NULL, lines INTEGER NOT NULL, out_lines INTEGER NOT NULL, counted INTEGER NOT NULL, confirmed INTEGER NOT NULL, shipped INTEGER NOT NULL, invoiced INTEGER NOT NULL, sold INTEGER NOT NULL, value INTEGER NOT NULL, earned INTEGER NOT NULL,
  PRIMARY KEY (promotion_id, grain, org_id, sku, method, currency)
);
CREATE TABLE promotion_task (
  id TEXT PRIMARY KEY, promotion_id TEXT NOT NULL REFERENCES promotion(id), owner_id TEXT NOT NULL, org_id TEXT NOT NULL, title TEXT NOT NULL, due TEXT NOT NULL, done INTEGER NOT NULL, done_by TEXT NOT NULL, made_by TEXT NOT NULL, made INTEGER NOT NULL
);
CREATE INDEX promotion_task_of ON promotion_task (promotion_id, org_id, done, due, id);
CREATE TABLE promotion_template (
  id TEXT PRIMARY KEY, owner_id TEXT NOT NULL REFERENCES org(id), name TEXT NOT NULL, body TEXT NOT NULL, made INTEGER NOT NULL, made_by TEXT NOT NULL
);
CREATE UNIQUE INDEX promotion_template_name ON promotion_template (owner_id, name);
CREATE TABLE promotion_version (
  id TEXT PRIMARY KEY, promotion_id TEXT NOT NULL REFERENCES promotion(id), owner_id TEXT NOT NULL, org_id TEXT NOT NULL, number INTEGER NOT NULL, counter INTEGER NOT NULL, state TEXT NOT NULL, body TEXT NOT NULL, hash TEXT NOT NULL, note TEXT NOT NULL,
  made_by TEXT NOT NULL, made INTEGER NOT NULL, agreed INTEGER NOT NULL, answered_by TEXT NOT NULL, answered INTEGER NOT NULL
);
CREATE UNIQUE INDEX promotion_counter ON promotion_version (promotion_id, org_id) WHERE number = 0 AND state = 'open';
CREATE UNIQUE INDEX promotion_version_no ON promotion_version (promotion_id, number) WHERE number > 0;
CREATE INDEX promotion_version_of ON promotion_version (promotion_id, made, id);
CREATE TABLE purchase_order (
  id TEXT PRIMARY KEY, supplier_id TEXT NOT NULL REFERENCES org(id), reseller_id TEXT NOT NULL REFERENCES org(id), partnership_id TEXT NOT NULL REFERENCES partnership(id),
  number TEXT NOT NULL, release_no TEXT NOT NULL, purpose TEXT NOT NULL, kind TEXT NOT NULL, state TEXT NOT NULL, held TEXT NOT NULL, marks INTEGER NOT NULL,
  currency TEXT NOT NULL, total INTEGER NOT NULL, confirmed_total INTEGER NOT NULL, invoiced_total INTEGER NOT NULL, line_count INTEGER NOT NULL,
  ordered_on TEXT NOT NULL, requested_on TEXT NOT NULL, ship_to TEXT NOT NULL, parties TEXT NOT NULL, references_json TEXT NOT NULL, note TEXT NOT NULL,
  source TEXT NOT NULL, interchange_id TEXT NOT NULL, set_no INTEGER NOT NULL, source_key TEXT NOT NULL, copy INTEGER NOT NULL, content_hash TEXT NOT NULL, placed_by TEXT NOT NULL,
  received INTEGER NOT NULL, changed INTEGER NOT NULL, version INTEGER NOT NULL, ship_to_unknown TEXT NOT NULL DEFAULT '', hold_reason TEXT NOT NULL DEFAULT '', UNIQUE (supplier_id, reseller_id, number, release_no, copy)
);
CREATE INDEX order_partnership ON purchase_order (partnership_id, received, id);
CREATE INDEX order_reseller ON purchase_order (reseller_id, received, id);
CREATE INDEX order_reseller_held ON purchase_order (reseller_id, received, id) WHERE held <> '';
CREATE INDEX order_reseller_marks ON purchase_order (reseller_id, received, id) WHERE marks > 0;
CREATE INDEX order_reseller_state ON purchase_order (reseller_id, state, received, id);
CREATE UNIQUE INDEX order_source_key ON purchase_order (reseller_id, source_key) WHERE source_key <> '';
CREATE INDEX order_supplier ON purchase_order (supplier_id, received, id);
CREATE INDEX order_supplier_held ON purchase_order (supplier_id, received, id) WHERE held <> '';
CREATE INDEX order_supplier_marks ON purchase_order (supplier_id, received, id) WHERE marks > 0;
CREATE INDEX order_supplier_state ON purchase_order (supplier_id, state, received, id);
CREATE INDEX purchase_order_ship_to ON purchase_order (partnership_id, ship_to);
CREATE INDEX purchase_order_unplaced ON purchase_order (partnership_id, ship_to_unknown, id) WHERE ship_to_unknown <> '';
CREATE TABLE push_device (
  id TEXT PRIMARY KEY, org_id TEXT NOT NULL REFERENCES org(id), person_id TEXT NOT NULL REFERENCES person(id), session TEXT NOT NULL, hash TEXT NOT NULL, endpoint TEXT NOT NULL, p256dh TEXT NOT NULL, auth TEXT NOT NULL, agent TEXT NOT NULL, made INTEGER NOT NULL, UNIQUE (org_id, person_id, hash)
);
CREATE INDEX push_device_person ON push_device (person_id);
CREATE INDEX push_device_session ON push_device (session);
CREATE TABLE push_message (
  id TEXT PRIMARY KEY, device_id TEXT NOT NULL REFERENCES push_device(id) ON DELETE CASCADE, body TEXT NOT NULL, made INTEGER NOT NULL, tries INTEGER NOT NULL, next_at INTEGER NOT NULL
);
CREATE INDEX push_message_device ON push_message (device_id);
CREATE INDEX push_message_next ON push_message (next_at);
CREATE TABLE quote (
  id TEXT PRIMARY KEY, supplier_id TEXT NOT NULL REFERENCES org(id), reseller_id TEXT NOT NULL REFERENCES org(id), partnership_id TEXT NOT NULL REFERENCES partnership(id), number TEXT NOT NULL, source_key TEXT NOT NULL,
  state TEXT NOT NULL, lane TEXT NOT NULL, round INTEGER NOT NULL, currency TEXT NOT NULL, deal_id TEXT NOT NULL, deal_code TEXT NOT NULL, title TEXT NOT NULL, customer TEXT NOT NULL, total INTEGER NOT NULL, line_count INTEGER NOT NULL,
  made INTEGER NOT NULL, made_by TEXT NOT NULL, made_org TEXT NOT NULL, changed INTEGER NOT NULL, expires INTEGER NOT NULL, next_at INTEGER NOT NULL, warned INTEGER NOT NULL, reason TEXT NOT NULL, comment TEXT NOT NULL,
  decided INTEGER NOT NULL, decided_by TEXT NOT NULL, decided_org TEXT NOT NULL, order_id TEXT NOT NULL, order_number TEXT NOT NULL, offer_approval TEXT NOT NULL, order_approval TEXT NOT NULL, tries INTEGER NOT NULL
, opened INTEGER NOT NULL DEFAULT 0, opened_round INTEGER NOT NULL DEFAULT 0);
CREATE INDEX quote_deal ON quote (deal_id, changed) WHERE deal_id <> '';
CREATE INDEX quote_next ON quote (next_at, id) WHERE next_at > 0;
CREATE UNIQUE INDEX quote_number ON quote (supplier_id, reseller_id, number);
CREATE INDEX quote_reseller ON quote (reseller_id, lane, changed, id);
CREATE INDEX quote_reseller_all ON quote (reseller_id, changed, id);
CREATE UNIQUE INDEX quote_source ON quote (made_org, source_key) WHERE source_key <> '';
CREATE INDEX quote_supplier ON quote (supplier_id, lane, changed, id);
CREATE INDEX quote_supplier_all ON quote (supplier_id, changed, id);
CREATE TABLE quote_order_line (
  order_id TEXT NOT NULL REFERENCES purchase_order(id), line INTEGER NOT NULL, quote_id TEXT NOT NULL REFERENCES quote(id), item INTEGER NOT NULL, supplier_id TEXT NOT NULL REFERENCES org(id), reseller_id TEXT NOT NULL REFERENCES org(id),
  factor INTEGER NOT NULL, made INTEGER NOT NULL, PRIMARY KEY (order_id, line)
);
CREATE INDEX quote_order_line_quote ON quote_order_line (quote_id, order_id);
CREATE TABLE quote_search (
  doc INTEGER PRIMARY KEY, quote_id TEXT NOT NULL UNIQUE, words TEXT NOT NULL
);
CREATE TRIGGER quote_search_delete AFTER DELETE ON quote_search BEGIN INSERT INTO quote_search_fts (quote_search_fts, rowid, words) VALUES ('delete', OLD.doc, OLD.words); END;
CREATE TRIGGER quote_search_insert AFTER INSERT ON quote_search BEGIN INSERT INTO quote_search_fts (rowid, words) VALUES (NEW.doc, NEW.words); END;
CREATE TRIGGER quote_search_update AFTER UPDATE ON quote_search BEGIN
  INSERT INTO quote_search_fts (quote_search_fts, rowid, words) VALUES ('delete', OLD.doc, OLD.words);
  INSERT INTO quote_search_fts (rowid, words) VALUES (NEW.doc, NEW.words);
END;
CREATE VIRTUAL TABLE quote_search_fts USING fts5 (words, content='quote_search', content_rowid='doc', tokenize='unicode61 remove_diacritics 2');
CREATE TABLE quote_version (
  quote_id TEXT NOT NULL REFERENCES quote(id), number INTEGER NOT NULL, supplier_id TEXT NOT NULL REFERENCES org(id), reseller_id TEXT NOT NULL REFERENCES org(id), kind TEXT NOT NULL, org_id TEXT NOT NULL, person_id TEXT NOT NULL,
  terms TEXT NOT NULL, hash TEXT NOT NULL, made INTEGER NOT NULL, PRIMARY KEY (quote_id, number)
);
CREATE TABLE room (
  id TEXT PRIMARY KEY, subject_kind TEXT NOT NULL, subject_id TEXT NOT NULL, title TEXT NOT NULL, epoch TEXT NOT NULL, last_seq INTEGER NOT NULL, state TEXT NOT NULL, created INTEGER NOT NULL, active INTEGER NOT NULL, told_seq INTEGER NOT NULL DEFAULT 0, UNIQUE (subject_kind, subject_id)
);
CREATE TABLE room_bot (
  id TEXT PRIMARY KEY, room_id TEXT NOT NULL REFERENCES room(id), org_id TEXT NOT NULL REFERENCES org(id), name TEXT NOT NULL, token_hash TEXT NOT NULL UNIQUE, person_id TEXT NOT NULL REFERENCES person(id), made INTEGER NOT NULL, used INTEGER NOT NULL, ended INTEGER NOT NULL
);
CREATE INDEX room_bot_room ON room_bot (room_id);
CREATE TABLE room_call (
  id TEXT PRIMARY KEY, room_id TEXT NOT NULL REFERENCES room(id), person_id TEXT NOT NULL REFERENCES person(id), org_id TEXT NOT NULL REFERENCES org(id), rev INTEGER NOT NULL, begun INTEGER NOT NULL, ended INTEGER NOT NULL
, relay INTEGER NOT NULL DEFAULT 0, sfu INTEGER NOT NULL DEFAULT 0, sfu_node TEXT NOT NULL DEFAULT '', sfu_beat INTEGER NOT NULL DEFAULT 0);
CREATE INDEX room_call_ended ON room_call (ended);
CREATE UNIQUE INDEX room_call_open ON room_call (room_id) WHERE ended = 0;
CREATE TABLE room_call_party (
  id TEXT PRIMARY KEY, call_id TEXT NOT NULL REFERENCES room_call(id), person_id TEXT NOT NULL REFERENCES person(id), org_id TEXT NOT NULL REFERENCES org(id), mic INTEGER NOT NULL, camera INTEGER NOT NULL, screen INTEGER NOT NULL, joined INTEGER NOT NULL, beat INTEGER NOT NULL, gone INTEGER NOT NULL
);
CREATE INDEX room_call_party_beat ON room_call_party (beat) WHERE gone = 0;
CREATE INDEX room_call_party_call ON room_call_party (call_id);
CREATE TABLE room_call_rung (
  call_id TEXT NOT NULL REFERENCES room_call(id), person_id TEXT NOT NULL REFERENCES person(id), org_id TEXT NOT NULL REFERENCES org(id), declined INTEGER NOT NULL, PRIMARY KEY (call_id, person_id, org_id)
);
CREATE TABLE room_draft (
  room_id TEXT NOT NULL REFERENCES room(id), person_id TEXT NOT NULL REFERENCES person(id), org_id TEXT NOT NULL, text TEXT NOT NULL, changed INTEGER NOT NULL, PRIMARY KEY (room_id, person_id, org_id)
);
CREATE TABLE room_file (
  id TEXT PRIMARY KEY, room_id TEXT NOT NULL REFERENCES room(id), seq INTEGER NOT NULL, org_id TEXT NOT NULL REFERENCES org(id), person_id TEXT NOT NULL, name TEXT NOT NULL, type TEXT NOT NULL, size INTEGER NOT NULL, hash TEXT NOT NULL, made INTEGER NOT NULL, removed INTEGER NOT NULL
);
CREATE INDEX room_file_hash ON room_file (hash);
CREATE INDEX room_file_message ON room_file (room_id, seq);
CREATE INDEX room_file_org ON room_file (org_id);
CREATE TABLE room_free (
  room_id TEXT PRIMARY KEY REFERENCES room(id), org_id TEXT NOT NULL REFERENCES org(id), person_id TEXT NOT NULL REFERENCES person(id), made INTEGER NOT NULL
, open INTEGER NOT NULL DEFAULT 0);
CREATE TABLE room_guest (
  room_id TEXT NOT NULL REFERENCES room(id), org_id TEXT NOT NULL REFERENCES org(id), person_id TEXT NOT NULL REFERENCES person(id), added INTEGER NOT NULL, PRIMARY KEY (room_id, org_id, person_id)
);
CREATE TABLE room_hold (
  room_id TEXT NOT NULL REFERENCES room(id), org_id TEXT NOT NULL REFERENCES org(id), person_id TEXT NOT NULL, reason TEXT NOT NULL, made INTEGER NOT NULL, upto INTEGER NOT NULL DEFAULT 0, gone INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (room_id, org_id)
);
CREATE INDEX room_hold_org ON room_hold (org_id, made, room_id);
CREATE TABLE room_invite (
  room_id TEXT NOT NULL REFERENCES room(id), org_id TEXT NOT NULL REFERENCES org(id), person_id TEXT NOT NULL REFERENCES person(id), made INTEGER NOT NULL, declined INTEGER NOT NULL, PRIMARY KEY (room_id, org_id)
);
CREATE INDEX room_invite_org ON room_invite (org_id, made);
CREATE TABLE room_made (
  room_id TEXT NOT NULL REFERENCES room(id), seq INTEGER NOT NULL, org_id TEXT NOT NULL REFERENCES org(id), kind TEXT NOT NULL, object TEXT NOT NULL, person_id TEXT NOT NULL REFERENCES person(id), made INTEGER NOT NULL,
  PRIMARY KEY (room_id, seq, org_id, kind, object)
);
CREATE INDEX room_made_object ON room_made (org_id, kind, object);
CREATE TABLE room_member (
  room_id TEXT NOT NULL REFERENCES room(id), person_id TEXT NOT NULL REFERENCES person(id), org_id TEXT NOT NULL, last_read INTEGER NOT NULL, level TEXT NOT NULL, joined INTEGER NOT NULL, PRIMARY KEY (room_id, person_id, org_id)
);
CREATE INDEX room_member_person ON room_member (person_id, org_id);
CREATE TABLE room_org (
  room_id TEXT NOT NULL REFERENCES room(id), org_id TEXT NOT NULL REFERENCES org(id), joined INTEGER NOT NULL, PRIMARY KEY (room_id, org_id)
);
CREATE INDEX room_org_org ON room_org (org_id, room_id);
CREATE TABLE room_task (
  id TEXT PRIMARY KEY, room_id TEXT NOT NULL REFERENCES room(id), seq INTEGER NOT NULL, org_id TEXT NOT NULL REFERENCES org(id), person_id TEXT NOT NULL REFERENCES person(id), due TEXT NOT NULL, made INTEGER NOT NULL, made_org TEXT NOT NULL REFERENCES org(id), made_by TEXT NOT NULL REFERENCES person(id), client_key TEXT NOT NULL,
  done INTEGER NOT NULL, done_org TEXT NOT NULL, done_by TEXT NOT NULL, UNIQUE (made_by, client_key)
);
CREATE INDEX room_task_open ON room_task (person_id, org_id, due, id) WHERE done = 0;
CREATE INDEX room_task_room ON room_task (room_id, seq);
CREATE TABLE saved_view (
  id TEXT PRIMARY KEY, org_id TEXT NOT NULL REFERENCES org(id), person_id TEXT NOT NULL REFERENCES person(id), list TEXT NOT NULL, name TEXT NOT NULL, query TEXT NOT NULL, shared INTEGER NOT NULL, made INTEGER NOT NULL
);
CREATE UNIQUE INDEX saved_view_name ON saved_view (org_id, list, person_id, name);
CREATE TABLE sell_chase (
  partnership_id TEXT NOT NULL REFERENCES partnership(id), period_from TEXT NOT NULL, day TEXT NOT NULL, chased INTEGER NOT NULL, chased_by TEXT NOT NULL, PRIMARY KEY (partnership_id, period_from, day)
);
CREATE TABLE sell_line (
  report_id TEXT NOT NULL REFERENCES sell_report(id), position INTEGER NOT NULL, product_id TEXT NOT NULL, sku TEXT NOT NULL, buyer_item TEXT NOT NULL, gtin TEXT NOT NULL, description TEXT NOT NULL, kind TEXT NOT NULL, movement TEXT NOT NULL,
  quantity INTEGER NOT NULL, unit TEXT NOT NULL, pieces INTEGER NOT NULL, doubts TEXT NOT NULL, price INTEGER NOT NULL, currency TEXT NOT NULL, sold_from TEXT NOT NULL, sold_to TEXT NOT NULL,
  customer_name TEXT NOT NULL, customer_city TEXT NOT NULL, customer_postcode TEXT NOT NULL, customer_country TEXT NOT NULL, customer_list TEXT NOT NULL, customer_code TEXT NOT NULL, place TEXT NOT NULL, promotion TEXT NOT NULL, deal TEXT NOT NULL, reference TEXT NOT NULL,
  PRIMARY KEY (report_id, position)
);
CREATE INDEX sell_line_buyer ON sell_line (customer_code, report_id) WHERE customer_code <> '';
CREATE INDEX sell_line_doubt ON sell_line (report_id, position) WHERE doubts <> '';
CREATE INDEX sell_line_named ON sell_line (LOWER(customer_name), report_id) WHERE customer_name <> '';
CREATE INDEX sell_line_product ON sell_line (report_id, product_id, sold_to, pieces) WHERE pieces <> 0;
CREATE TABLE sell_plan (
  partnership_id TEXT PRIMARY KEY REFERENCES partnership(id), supplier_id TEXT NOT NULL, reseller_id TEXT NOT NULL, grain TEXT NOT NULL, since TEXT NOT NULL, due_days INTEGER NOT NULL, dual BOOLEAN NOT NULL, changed INTEGER NOT NULL, changed_by TEXT NOT NULL, version INTEGER NOT NULL
);
CREATE INDEX sell_plan_reseller ON sell_plan (reseller_id);
CREATE INDEX sell_plan_supplier ON sell_plan (supplier_id);
CREATE TABLE sell_report (
  id TEXT PRIMARY KEY, supplier_id TEXT NOT NULL REFERENCES org(id), reseller_id TEXT NOT NULL REFERENCES org(id), partnership_id TEXT NOT NULL REFERENCES partnership(id),
  number TEXT NOT NULL, purpose TEXT NOT NULL, made TEXT NOT NULL, period_from TEXT NOT NULL, period_to TEXT NOT NULL, state TEXT NOT NULL, replaced_by TEXT NOT NULL,
  source TEXT NOT NULL, source_key TEXT NOT NULL, interchange_id TEXT NOT NULL, set_no INTEGER NOT NULL, currency TEXT NOT NULL, digest TEXT NOT NULL, lines INTEGER NOT NULL, doubts INTEGER NOT NULL, received INTEGER NOT NULL, received_by TEXT NOT NULL
);
CREATE INDEX sell_report_number ON sell_report (partnership_id, number);
CREATE INDEX sell_report_period ON sell_report (partnership_id, period_to, period_from) WHERE state = 'current';
CREATE INDEX sell_report_reseller ON sell_report (reseller_id, received, id);
CREATE UNIQUE INDEX sell_report_source ON sell_report (partnership_id, source_key);
CREATE INDEX sell_report_supplier ON sell_report (supplier_id, received, id);
CREATE TABLE send_check (
  partnership_id TEXT NOT NULL REFERENCES partnership(id), rule TEXT NOT NULL, supplier_id TEXT NOT NULL REFERENCES org(id), severity TEXT NOT NULL, changed INTEGER NOT NULL, changed_by TEXT NOT NULL, PRIMARY KEY (partnership_id, rule)
);
CREATE TABLE sent_warning (
  id TEXT PRIMARY KEY, order_id TEXT NOT NULL REFERENCES purchase_order(id), supplier_id TEXT NOT NULL REFERENCES org(id), kind TEXT NOT NULL, document_id TEXT NOT NULL, number TEXT NOT NULL, findings TEXT NOT NULL, reason TEXT NOT NULL, person_id TEXT NOT NULL, made INTEGER NOT NULL
);
CREATE INDEX sent_warning_order ON sent_warning (order_id, made);
CREATE TABLE session (
  id TEXT PRIMARY KEY, hash TEXT NOT NULL UNIQUE, person_id TEXT NOT NULL REFERENCES person(id), csrf TEXT NOT NULL, addr TEXT NOT NULL, agent TEXT NOT NULL,
  created INTEGER NOT NULL, seen INTEGER NOT NULL, idle_until INTEGER NOT NULL, end_by INTEGER NOT NULL, ended INTEGER NOT NULL
);
CREATE INDEX session_person ON session (person_id, ended);
CREATE TABLE settlement (
  id TEXT PRIMARY KEY, invoice_id TEXT NOT NULL REFERENCES invoice(id), supplier_id TEXT NOT NULL, reseller_id TEXT NOT NULL, amount INTEGER NOT NULL, by_kind TEXT NOT NULL, by_id TEXT NOT NULL, position INTEGER NOT NULL, made INTEGER NOT NULL
);
CREATE INDEX settlement_by ON settlement (by_id);
CREATE INDEX settlement_invoice ON settlement (invoice_id, made, id);
CREATE INDEX settlement_pair ON settlement (supplier_id, reseller_id);
CREATE TABLE sftp_try (
  org_id TEXT NOT NULL, hour INTEGER NOT NULL, addr TEXT NOT NULL, login_id TEXT NOT NULL, reason TEXT NOT NULL, login TEXT NOT NULL, times INTEGER NOT NULL, first_at INTEGER NOT NULL, last_at INTEGER NOT NULL, PRIMARY KEY (org_id, hour, addr, login_id, reason)
);
CREATE INDEX sftp_try_hour ON sftp_try (hour);
CREATE TABLE sftp_user (
  org_id TEXT NOT NULL REFERENCES org(id), id TEXT NOT NULL, name TEXT NOT NULL UNIQUE, password TEXT NOT NULL, public_keys TEXT NOT NULL, made_by TEXT NOT NULL,
  created INTEGER NOT NULL, used INTEGER NOT NULL, PRIMARY KEY (org_id, id)
);
CREATE TABLE shipment (
  id TEXT PRIMARY KEY, order_id TEXT NOT NULL REFERENCES purchase_order(id), supplier_id TEXT NOT NULL, reseller_id TEXT NOT NULL, number TEXT NOT NULL, shipped_on TEXT NOT NULL,
  carrier TEXT NOT NULL, tracking TEXT NOT NULL, made_by TEXT NOT NULL, made INTEGER NOT NULL, received_by TEXT NOT NULL, received INTEGER NOT NULL, UNIQUE (supplier_id, number)
);
CREATE INDEX shipment_open ON shipment (reseller_id, made, id) WHERE received = 0;
CREATE INDEX shipment_order ON shipment (order_id, made);
CREATE TABLE shipment_line (
  shipment_id TEXT NOT NULL REFERENCES shipment(id), line INTEGER NOT NULL, quantity INTEGER NOT NULL, received INTEGER NOT NULL, PRIMARY KEY (shipment_id, line)
);
CREATE TABLE shipped_pack (
  supplier_id TEXT NOT NULL REFERENCES org(id), sscc TEXT NOT NULL, number TEXT NOT NULL, made INTEGER NOT NULL, PRIMARY KEY (supplier_id, sscc)
);
CREATE TABLE stock (
  org_id TEXT NOT NULL REFERENCES org(id), product_id TEXT NOT NULL, place TEXT NOT NULL, quantity INTEGER NOT NULL, as_of INTEGER NOT NULL, source TEXT NOT NULL, changed_by TEXT NOT NULL,
  PRIMARY KEY (org_id, product_id, place)
);
CREATE INDEX stock_changed ON stock (org_id, as_of);
CREATE TABLE stock_report (
  id TEXT PRIMARY KEY, supplier_id TEXT NOT NULL REFERENCES org(id), reseller_id TEXT NOT NULL REFERENCES org(id), partnership_id TEXT NOT NULL, number TEXT NOT NULL, day TEXT NOT NULL,
  source TEXT NOT NULL, source_key TEXT NOT NULL, interchange_id TEXT NOT NULL, line_count INTEGER NOT NULL, unknown INTEGER NOT NULL, received INTEGER NOT NULL, UNIQUE (reseller_id, source_key)
);
CREATE INDEX stock_report_pair ON stock_report (supplier_id, reseller_id, day, received, id);
CREATE TABLE stock_report_line (
  report_id TEXT NOT NULL REFERENCES stock_report(id), position INTEGER NOT NULL, supplier_id TEXT NOT NULL, reseller_id TEXT NOT NULL, product_id TEXT NOT NULL, sku TEXT NOT NULL, buyer_item TEXT NOT NULL, gtin TEXT NOT NULL,
  place TEXT NOT NULL, kind TEXT NOT NULL, quantity INTEGER NOT NULL, unit TEXT NOT NULL, pieces INTEGER NOT NULL, PRIMARY KEY (report_id, position)
);
CREATE TABLE suggestion (
  id TEXT PRIMARY KEY, org_id TEXT NOT NULL REFERENCES org(id), rule_id TEXT NOT NULL, rule_name TEXT NOT NULL, about TEXT NOT NULL, condition TEXT NOT NULL, partner_id TEXT NOT NULL, object_id TEXT NOT NULL, object TEXT NOT NULL, occasion TEXT NOT NULL, facts TEXT NOT NULL,
  action TEXT NOT NULL, promotion_id TEXT NOT NULL, state TEXT NOT NULL, until INTEGER NOT NULL, reason TEXT NOT NULL, words TEXT NOT NULL, made INTEGER NOT NULL, decided INTEGER NOT NULL, decided_by TEXT NOT NULL
);
CREATE INDEX suggestion_of ON suggestion (org_id, state, made, id);
CREATE UNIQUE INDEX suggestion_once ON suggestion (rule_id, partner_id, occasion);
CREATE TABLE talk_policy (
  org_id TEXT PRIMARY KEY REFERENCES org(id), keep_days INTEGER NOT NULL, person_id TEXT NOT NULL, changed INTEGER NOT NULL
);
CREATE TABLE throttle (
  key TEXT PRIMARY KEY, failures INTEGER NOT NULL, since INTEGER NOT NULL, until INTEGER NOT NULL
);
CREATE TABLE trade_reply (
  id TEXT PRIMARY KEY, supplier_id TEXT NOT NULL REFERENCES org(id), reseller_id TEXT NOT NULL REFERENCES org(id), partnership_id TEXT NOT NULL REFERENCES partnership(id),
  kind TEXT NOT NULL, number TEXT NOT NULL, order_number TEXT NOT NULL, release_no TEXT NOT NULL, order_id TEXT NOT NULL, made_id TEXT NOT NULL, outcome TEXT NOT NULL, reason TEXT NOT NULL, args TEXT NOT NULL,
  document TEXT NOT NULL, content_hash TEXT NOT NULL, inferred BOOLEAN NOT NULL, packs TEXT NOT NULL, source TEXT NOT NULL, source_key TEXT NOT NULL, interchange_id TEXT NOT NULL, set_no INTEGER NOT NULL, syntax TEXT NOT NULL,
  made INTEGER NOT NULL, due INTEGER NOT NULL, settled INTEGER NOT NULL, settled_by TEXT NOT NULL, settled_org TEXT NOT NULL, note TEXT NOT NULL
, findings TEXT NOT NULL DEFAULT '', released TEXT NOT NULL DEFAULT '');
CREATE INDEX trade_reply_due ON trade_reply (due, id) WHERE outcome = 'waiting';
CREATE INDEX trade_reply_key ON trade_reply (supplier_id, kind, number, made);
CREATE INDEX trade_reply_made ON trade_reply (made_id) WHERE made_id <> '';
CREATE INDEX trade_reply_order ON trade_reply (order_id, made) WHERE order_id <> '';
CREATE INDEX trade_reply_reseller ON trade_reply (reseller_id, made, id) WHERE outcome IN ('waiting', 'held');
CREATE UNIQUE INDEX trade_reply_source ON trade_reply (supplier_id, source_key) WHERE source_key <> '';
CREATE INDEX trade_reply_supplier ON trade_reply (supplier_id, made, id) WHERE outcome IN ('waiting', 'held');
CREATE INDEX trade_reply_wanted ON trade_reply (supplier_id, reseller_id, order_number) WHERE outcome IN ('waiting', 'held');
CREATE TABLE trigger_rule (
  id TEXT PRIMARY KEY, org_id TEXT NOT NULL REFERENCES org(id), name TEXT NOT NULL, about TEXT NOT NULL, condition TEXT NOT NULL, action TEXT NOT NULL, promotion_id TEXT NOT NULL, quiet INTEGER NOT NULL, active INTEGER NOT NULL,
  next_at INTEGER NOT NULL, ran INTEGER NOT NULL, made INTEGER NOT NULL, made_by TEXT NOT NULL, changed INTEGER NOT NULL, version INTEGER NOT NULL
);
CREATE INDEX trigger_rule_due ON trigger_rule (active, next_at);
CREATE INDEX trigger_rule_of ON trigger_rule (org_id, made);
CREATE TABLE upload (
  hash TEXT PRIMARY KEY, size INTEGER NOT NULL, place TEXT NOT NULL, data BLOB, created INTEGER NOT NULL, marked INTEGER NOT NULL
);
CREATE TABLE webhook (
  org_id TEXT NOT NULL REFERENCES org(id), id TEXT NOT NULL UNIQUE, url TEXT NOT NULL, events TEXT NOT NULL, active INTEGER NOT NULL, secret BLOB, old_secret BLOB, old_until INTEGER NOT NULL,
  failing INTEGER NOT NULL, paused INTEGER NOT NULL, paused_why TEXT NOT NULL, made_by TEXT NOT NULL, created INTEGER NOT NULL, changed INTEGER NOT NULL, PRIMARY KEY (org_id, id)
);
CREATE TABLE webhook_attempt (
  delivery_id TEXT NOT NULL REFERENCES webhook_delivery(id), number INTEGER NOT NULL, org_id TEXT NOT NULL, happened INTEGER NOT NULL, took INTEGER NOT NULL, status INTEGER NOT NULL, outcome TEXT NOT NULL, PRIMARY KEY (delivery_id, number)
);
CREATE TABLE webhook_delivery (
  id TEXT PRIMARY KEY, org_id TEXT NOT NULL, webhook_id TEXT NOT NULL, event_id TEXT NOT NULL, kind TEXT NOT NULL, body TEXT NOT NULL, place INTEGER NOT NULL, state TEXT NOT NULL,
  attempts INTEGER NOT NULL, fence INTEGER NOT NULL, next_at INTEGER NOT NULL, created INTEGER NOT NULL, settled INTEGER NOT NULL, UNIQUE (webhook_id, event_id), FOREIGN KEY (org_id, webhook_id) REFERENCES webhook(org_id, id)
);
CREATE INDEX webhook_delivery_due ON webhook_delivery (webhook_id, place, id) WHERE state = 'queued';
CREATE INDEX webhook_delivery_list ON webhook_delivery (webhook_id, created, id);
