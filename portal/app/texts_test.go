package app

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"slices"
	"sort"
	"strconv"
	"strings"
	"testing"

	"entente/db/job"
	"entente/edi/courier"
	"entente/edi/gateway"
	"entente/portal/hook"
	"entente/portal/locale"
	"entente/prm/engage"
	"entente/prm/mapping"
	"entente/prm/promo"
)

// TestEveryFaultHasItsSentence: a key given to fault.New, Wrap, InvalidField or
// With anywhere in the shipped code has a text in every language.
func TestEveryFaultHasItsSentence(t *testing.T) {
	t.Parallel()
	where := map[string]string{}
	fset := token.NewFileSet()
	for _, p := range packages(t) {
		for _, f := range p.GoFiles {
			file, err := parser.ParseFile(fset, filepath.Join(p.Dir, f), nil, 0)
			if err != nil {
				t.Fatal(err)
			}
			ast.Inspect(file, func(n ast.Node) bool {
				call, ok := n.(*ast.CallExpr)
				if !ok {
					return true
				}
				sel, ok := call.Fun.(*ast.SelectorExpr)
				if !ok {
					return true
				}
				at := map[string]int{"New": 1, "Wrap": 2, "InvalidField": 1, "With": 1}
				i, ok := at[sel.Sel.Name]
				if !ok || len(call.Args) <= i {
					return true
				}
				if id, isID := sel.X.(*ast.Ident); sel.Sel.Name != "With" && (!isID || id.Name != "fault") {
					return true
				}
				if lit, ok := call.Args[i].(*ast.BasicLit); ok && lit.Kind == token.STRING {
					if key, err := strconv.Unquote(lit.Value); err == nil && strings.Contains(key, ".") && !strings.ContainsAny(key, " /") {
						where[key] = short(p.ImportPath) + "/" + f
					}
				}
				return true
			})
		}
	}
	var keys []string
	for k := range where {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	if len(keys) < 30 {
		t.Fatalf("only %d fault keys found", len(keys))
	}
	for _, lang := range locale.Languages() {
		for _, k := range keys {
			if !locale.Has(lang, k) {
				t.Errorf("%s has no text for %q (%s)", lang, k, where[k])
			}
		}
	}
}

// TestEveryEventHasItsLine: room lines and notices speak every language.
func TestEveryEventHasItsLine(t *testing.T) {
	t.Parallel()
	for _, lang := range locale.Languages() {
		for _, kind := range orderLines {
			for _, prefix := range []string{"event.", "notice."} {
				if !locale.Has(lang, prefix+kind) {
					t.Errorf("%s has no %s%s", lang, prefix, kind)
				}
			}
		}
		for _, w := range dealTold {
			if !locale.Has(lang, "notice."+w.kind) && (w.supplier || w.reseller) || !locale.Has(lang, "event."+w.kind) && w.room {
				t.Errorf("%s has no sentence for %s", lang, w.kind)
			}
		}
		for e, w := range leadTold {
			if !locale.Has(lang, "notice."+w.kind) || !locale.Has(lang, "hooks.name."+w.kind) || !slices.Contains(hook.Events(), w.kind) {
				t.Errorf("%s has no sentence, or no webhook tells of %s", lang, e)
			}
		}
		for e, w := range dealTold {
			if !locale.Has(lang, "hooks.name."+w.kind) || !slices.Contains(hook.Events(), w.kind) {
				t.Errorf("%s has no name for the webhook of %s, or there is none", lang, e)
			}
		}
		for _, e := range mapping.Events() {
			if kind := strings.ToLower(e); !locale.Has(lang, "hooks.name."+kind) || !slices.Contains(hook.Events(), kind) {
				t.Errorf("%s has no name for the webhook of %s, or there is none", lang, e)
			}
		}
		for _, e := range promo.Events() {
			kind := promoHookKinds[e]
			if !locale.Has(lang, "notice."+promoLine(e)) || !locale.Has(lang, "event."+promoLine(e)) || !locale.Has(lang, "hooks.name."+kind) || !slices.Contains(hook.Events(), kind) {
				t.Errorf("%s has no sentence, or no webhook tells of %s", lang, e)
			}
		}
		for _, kind := range protectHookKinds {
			if !locale.Has(lang, "hooks.name."+kind) || !slices.Contains(hook.Events(), kind) {
				t.Errorf("%s has no name for the webhook %s, or there is none", lang, kind)
			}
		}
		for _, why := range promo.LateReasons() {
			if !locale.Has(lang, "promolate."+why) {
				t.Errorf("%s has no promolate.%s", lang, why)
			}
		}
		for _, who := range []string{"", "own_"} {
			for _, when := range []string{"soon", "today", "over"} {
				if !locale.Has(lang, "notice.lead."+who+"certificate_"+when) {
					t.Errorf("%s has no notice of a certificate: %s%s", lang, who, when)
				}
			}
		}
		for _, w := range quoteTold {
			if !locale.Has(lang, "notice."+w.kind) || !locale.Has(lang, "event."+w.kind) && w.room {
				t.Errorf("%s has no sentence for %s", lang, w.kind)
			}
		}
		for _, kind := range engage.Events() {
			line := engageLine(kind)
			if !locale.Has(lang, "notice.engage."+line) || !locale.Has(lang, "hooks.name.engagement."+line) || !slices.Contains(engageAlone, kind) && !locale.Has(lang, "event.engage."+line) {
				t.Errorf("%s has no sentence for %s", lang, kind)
			}
			if !slices.Contains(hook.Events(), "engagement."+line) {
				t.Errorf("no webhook tells of %s", kind)
			}
		}
		for _, rule := range slices.Concat(gateway.Rules(), courier.Rules(), job.Rules(), []string{ruleUpload}) {
			if !locale.Has(lang, "reconcile."+rule) {
				t.Errorf("%s has no reconcile.%s", lang, rule)
			}
		}
		for _, kind := range []string{"as2.expiring", "as2.expiring_https", "as2.failed", "as2.denied", "as2.denied_own", "as2.locked", "as2.locked_own", "as2.misused", "edi.server_failing", "edi.server_incomplete", "edi.server_refused", "as2.overdue", "as2.unproved", "catalog.prices", "catalog.stock_report", "edi.asked", "edi.overdue", "order.answer_due", "order.answer_overdue", "order.answer_late", "hook.failing", "hook.gone", "call.missed", "call.missed_own", "chat.invited", "chat.invited_own", "chat.asked", "chat.tasked", "chat.tasked_own"} {
			if !locale.Has(lang, "notice."+kind) {
				t.Errorf("%s has no notice.%s", lang, kind)
			}
		}
		for _, kind := range []string{"edi.rejected", "edi.held", "edi.failed"} {
			if !locale.Has(lang, "event."+kind) || !locale.Has(lang, "notice."+kind) {
				t.Errorf("%s has no sentence for %s", lang, kind)
			}
		}
	}
}
