package gateway

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"entente/db"
	"entente/db/fail"
)

// answeredOrder sends an 855 of Aurelia to Kestrel about an order.
func (b *bench) answeredOrder(control int, number string) (Message, string) {
	b.Helper()
	a := b.post(maya, fromKestrel(control, order(number)).String())
	b.work()
	e, err := b.emit(Outgoing{ReplyTo: a.ID, Kind: "855", Doc: ackOf(number), DocumentKind: "order_response", DocumentID: db.NewID(), Number: number})
	if err != nil {
		b.Fatal(err)
	}
	return b.get(ingrid, e.ID), strings.TrimLeft(e.Control, "0")
}

// advice posts an 824 of Kestrel with some OTI groups.
func (b *bench) advice(control int, segments ...string) Message {
	b.Helper()
	m := message{from: idKestrel, to: idAurelia, control: control, groups: []group{{kind: "AG", sets: [][]string{append([]string{
		"824", fmt.Sprintf("BGN*11*AA-%d*20261122*1015", control), "N1*BY*Kestrel Supply*91*K1"}, segments...)}}}}
	a := b.post(maya, m.String())
	b.work()
	return b.get(ingrid, a.ID)
}

func said(m Message) string {
	var out []string
	for _, s := range m.Sets[0].Said {
		line := s.Kind + " " + s.Verdict
		for _, f := range s.Findings {
			line += fmt.Sprintf(" | %s %s %s/%s at %s segment %d %q %q", f.Key, f.Severity, f.Args["List"], f.Args["Code"], f.Place(), f.Pos.Segment, f.Value, f.Args["Said"])
		}
		out = append(out, line)
	}
	return strings.Join(out, "\n")
}

// A 999 says of every set what is wrong and where; it is shown on what was sent, with
// the verdict.
func TestA999IsShownOnWhatWasSent(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		made, control := b.answeredOrder(300, "PO300")
		m := message{from: idKestrel, to: idAurelia, control: 301, groups: []group{{kind: "FA", sets: [][]string{{
			"999", "AK1*PR*" + control + "*005010", "AK2*855*0001", "IK3*PO1*4**8", "CTX*SITUATIONAL TRIGGER*PO1*4", "IK4*3*355*7*EACH", "IK4*7**1", "IK3*CUR*3**2", "IK5*R*5*I6", "AK9*R*1*1*0",
		}}}}}
		got := b.post(maya, m.String())
		b.work()
		fa := b.get(ingrid, got.ID)
		b.want("the 999", fmt.Sprint(fa.Result, fa.Types, fa.Sets[0].Business, fa.Sets[0].DocumentID == made.ID), "accepted[999]matchedtrue")
		made = b.get(ingrid, made.ID)
		b.want("verdict", fmt.Sprint(made.Acknowledged, made.Sets[0].Answered, made.Refused()), "rejectedrejectedrejected")
		b.want("said", said(made), strings.Join([]string{
			"999 rejected", `partner.set reject 718/I6 at  segment 0 "" ""`, `partner.element reject 723/7 at PO103 segment 4 "EACH" ""`,
			`partner.element reject 723/1 at PO107 segment 4 "" ""`, `partner.segment reject 720/2 at CUR segment 3 "" ""`,
		}, " | "))
		b.want("never answered", len(b.waiting(maya)), 2)
		if _, err := b.s.Get(t.Context(), kaarel, made.ID); err == nil {
			t.Error("a competitor reads it")
		}

		// Accepted with errors by a 999 that names no element.
		made, control = b.answeredOrder(310, "PO310")
		m.control, m.groups[0].sets[0] = 311, []string{"999", "AK1*PR*" + control + "*005010", "AK2*855*0001", "IK3*PO1*4**8", "IK5*E*5", "AK9*E*1*1*1"}
		b.post(maya, m.String())
		b.work()
		made = b.get(ingrid, made.ID)
		b.want("with errors", made.Acknowledged+": "+said(made), `accepted_with_errors: 999 accepted_with_errors | partner.segment accepted_with_error 720/8 at PO1 segment 4 "" ""`)
		b.want("not refused", made.Refused(), "")
	})
}

// The advice of the partner's application is matched by the control numbers or by the
// document's number, and shown on the document that it speaks of.
func TestAdviceIsMatchedToWhatWasSent(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		made, control := b.answeredOrder(300, "PO300")
		got := b.advice(301, "OTI*TR*PO*PO300***20261122*0912*"+control+"*0001*855*005010", "TED*007*Delivery date missing*DTM*3*2*373*20261301", "NTE*ADD*Every line needs one")
		b.want("the 824", fmt.Sprint(got.Result, got.Sets[0].Business, got.Sets[0].DocumentID == made.ID, len(got.Sets[0].Findings)), "acceptedmatchedtrue 0")
		made = b.get(ingrid, made.ID)
		b.want("verdict", fmt.Sprintln(made.Advised, made.Sets[0].Advised, made.Refused(), made.MayResend()), "rejected rejected rejected false\n")
		b.want("said", said(made), `824 rejected | partner.advice reject 647/007 at DTM02 segment 3 "20261301" "Delivery date missing"`)
		b.want("told", b.count("SELECT count(*) FROM event WHERE kind = ? AND object = ?", EventAdvised, made.ID), 1)
		if len(made.Acknowledgements) != 1 || made.Acknowledgements[0].ID != got.ID {
			t.Errorf("linked: %+v", made.Acknowledgements)
		}
		b.want("answered by a 997", strings.Count(strings.Join(b.waiting(maya), ""), "AK1*AG*301"), 1)

		// The same bytes once more are the same advice.
		b.advice(301, "OTI*TR*PO*PO300***20261122*0912*"+control+"*0001*855*005010", "TED*007*Delivery date missing*DTM*3*2*373*20261301", "NTE*ADD*Every line needs one")
		b.want("told once", b.events(EventAdvised), 1)

		// A later one replaces the verdict, by the number alone; of several parts the worst counts.
		got = b.advice(302, "OTI*IA*PO*PO300", "OTI*IC*PO*PO300", "TED*ZZZ*Taken with our own item number*PO1*4*7*234*AUR-D18B*K-17")
		made = b.get(ingrid, made.ID)
		b.want("changed", fmt.Sprint(got.Sets[0].Business, " ", made.Advised, " ", len(made.Sets[0].Said), " ", made.Refused()), "matched changed 2 ")
		b.want("new value", made.Sets[0].Said[1].Findings[0].Args["New"], "K-17")
		got = b.advice(303, "OTI*IR*PO*PO300")
		b.want("an item refused", b.get(ingrid, made.ID).Refused(), "partly")

		for i, tc := range []struct{ what, oti, key, value string }{
			{"unknown number", "OTI*TR*PO*PO9999", findingAdvice, "PO9999"},
			{"unknown group", "OTI*TR*PO*PO300***20261122*0912*4711*0001*855*005010", findingAdvice, "PO300"},
			{"the group of another document", "OTI*TR*PO*PO77***20261122*0912*" + control + "*0001*855*005010", findingAdvice, "PO77"},
			{"another set of the group", "OTI*TR*PO*PO300***20261122*0912*" + control + "*0002*855*005010", findingAdvice, "PO300"},
			{"another kind", "OTI*TR*IV*PO300", findingAdvice, "PO300"},
			{"a code that says nothing", "OTI*ZZ*PO*PO300", findingAdvised, "ZZ"},
		} {
			before := b.events(EventUnmatched)
			got := b.advice(310+i, tc.oti)
			if got.Sets[0].Result == ResultRejected { // the code is none of the list
				b.want(tc.what, tc.key, findingAdvised)
				continue
			}
			f := got.Sets[0].Findings
			if got.Sets[0].Business != BusinessUnmatched || len(f) == 0 || f[len(f)-1].Key != tc.key || f[len(f)-1].Value != tc.value {
				t.Errorf("%s: %s %+v", tc.what, got.Sets[0].Business, f)
			}
			b.want(tc.what+" told", b.events(EventUnmatched)-before, 1)
			b.want(tc.what+" changes nothing", b.get(ingrid, made.ID).Advised, "partly")
		}

		// Two documents under one number: nobody guesses which.
		for range 2 {
			_, err := b.emit(Outgoing{
				Supplier: aurelia, Reseller: kestrel, Partnership: withKestrel.ID, From: aurelia, Sender: idAurelia, Receiver: idKestrel,
				Kind: "855", Doc: ackOf("PO320"), DocumentKind: "order_response", DocumentID: db.NewID(), Number: "PO320",
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		b.want("two of them", b.advice(330, "OTI*TA*PO*PO320").Sets[0].Business, BusinessUnmatched)

		// What the partner of another partnership sent under that number is not met.
		theirs := message{from: idBaltic, to: idAurelia, control: 331, groups: []group{{kind: "AG", sets: [][]string{{"824", "BGN*11*AA-1*20261122", "N1*BY*Baltic*91*B1", "OTI*TR*PO*PO300"}}}}}
		id := b.post(kaarel, theirs.String()).ID
		b.work()
		b.want("of a competitor", b.get(kaarel, id).Sets[0].Business, BusinessUnmatched)
		b.want("still", b.get(ingrid, made.ID).Advised, "partly")
	})
}

// An APERAK is the 824 of EDIFACT.
func TestAPERAKIsMatched(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		a := b.post(kaarel, unOrders("R1", "PO1"))
		b.work()
		d := ackOf("PO1")
		d.AckDate = "2026-11-23"
		sent, err := b.emit(Outgoing{ReplyTo: a.ID, Kind: "855", Doc: d, DocumentKind: "order_response", DocumentID: db.NewID(), Number: "PO1"})
		if err != nil {
			t.Fatal(err)
		}
		aperak := func(n int, body string) Message {
			text := fmt.Sprintf("UNB+UNOC:3+BALTICTRADE:ZZZ+AURELIATOOLS:ZZZ+261214:0912+A%d'UNH+1+APERAK:D:96A:UN:EAN000'%sUNT+%d+1'UNZ+1+A%d'", n, body, strings.Count(body, "'")+2, n)
			got := b.post(kaarel, text)
			b.work()
			return b.get(ingrid, got.ID)
		}
		got := aperak(1, "BGM+12E::9+AA-1+27'DTM+137:202612141015:203'RFF+ON:PO1'ERC+133::116'FTX+AAO+++Item is not on the order'RFF+ZZZ:LIN03:9'FTX+ACB+++5012345678900'")
		if got.Result != ResultAccepted || got.Sets[0].Business != BusinessMatched {
			t.Fatalf("%s %+v", got.Sets[0].Business, got.Sets[0].Findings)
		}
		made := b.get(ingrid, sent.ID)
		b.want("said", made.Advised+": "+said(made), `rejected: APERAK rejected | partner.advice reject 647/133 at LIN03 segment 9 "5012345678900" "Item is not on the order"`)
		b.want("by the reference of the interchange", aperak(2, "BGM+12E::9+AA-2+9'DTM+137:202612141015:203'RFF+ACW:"+sent.Control+"'").Sets[0].Business, BusinessMatched)
		b.want("accepted now", b.get(ingrid, sent.ID).Advised, AdvisedAccepted)
		got = aperak(3, "BGM+12E::9+AA-3+27'DTM+137:202612141015:203'RFF+ON:PO7'")
		b.want("unknown", fmt.Sprint(got.Sets[0].Business, got.Sets[0].Findings[len(got.Sets[0].Findings)-1].Value, b.events(EventUnmatched)), BusinessUnmatched+"PO71")
	})
}

// What is tested is not met by an advice on production, and the other way round; a TA1
// about nothing that we sent is kept and told.
func TestAdviceOfTestsAndAStrangeTA1(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		made, control := b.answeredOrder(300, "PO300")
		m := message{from: idKestrel, to: idAurelia, control: 301, usage: "T", groups: []group{{kind: "AG", sets: [][]string{{
			"824", "BGN*11*AA-1*20261122", "N1*BY*Kestrel*91*K1", "OTI*TR*PO*PO300***20261122*0912*" + control + "*0001*855*005010",
		}}}}}
		id := b.post(maya, m.String()).ID
		b.work()
		b.want("a test", fmt.Sprint(b.get(maya, id).Sets[0].Business, b.get(ingrid, made.ID).Advised), BusinessUnmatched)

		text := strings.Replace(message{from: idKestrel, to: idAurelia, control: 302}.String(), "IEA*0*", "TA1*000004711*261120*0912*R*025~IEA*0*", 1)
		before := b.events(EventUnmatched)
		id = b.post(maya, text).ID
		b.work()
		got := b.get(ingrid, id)
		if got.State != Processed || len(got.Findings) != 1 || got.Findings[0].Key != findingTA1 || got.Findings[0].Value != "000004711" {
			t.Errorf("%s %+v", got.State, got.Findings)
		}
		b.want("told", b.events(EventUnmatched)-before, 1)
		b.want("two events at one place", b.count("SELECT count(*) FROM (SELECT object FROM event WHERE object <> '' GROUP BY object, position HAVING count(*) > 1) d"), 0)
		b.want("changes nothing", b.get(ingrid, made.ID).Acknowledged, "")
	})
}

// An advice breaks off at every edge and is there once.
func TestAdviceBrokenOffAtEveryEdge(t *testing.T) {
	for _, edge := range []string{fail.ProcessBefore, fail.ProcessInside, fail.ProcessAfter} {
		t.Run(edge, func(t *testing.T) {
			each(t, func(t *testing.T, b *bench) {
				made, _ := b.answeredOrder(300, "PO300")
				b.s.opt.Backoff = 1
				broke := false
				b.s.probe = func(at string) error {
					if broke || at != edge {
						return nil
					}
					broke = true
					return errBroken
				}
				m := message{from: idKestrel, to: idAurelia, control: 301, groups: []group{{kind: "AG", sets: [][]string{{"824", "BGN*11*AA-1*20261122", "N1*BY*Kestrel*91*K1", "OTI*TA*PO*PO300"}}}}}
				b.post(maya, m.String())
				_, _ = b.s.drain(context.WithoutCancel(t.Context()))
				b.work()
				b.want("broke", broke, true)
				made = b.get(ingrid, made.ID)
				b.want("once", fmt.Sprint(made.Advised, len(made.Sets[0].Said), b.events(EventAdvised)), "accepted1 1")
			})
		})
	}
}

// A partner that first takes what was sent and refuses it later did not take it; all that
// it said is kept. The other way round, the refusal stands.
func TestALaterRefusalIsNotLost(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		made, control := b.answeredOrder(300, "PO300")
		for i, tc := range []struct{ ak5, ak9, want string }{
			{"A", "A*1*1*1", "accepted accepted 1 1"}, {"A", "A*1*1*1", "accepted accepted 2 1"}, {"R*5", "R*1*1*0", "rejected rejected 3 2"}, {"A", "A*1*1*1", "rejected rejected 4 2"},
		} {
			m := message{from: idKestrel, to: idAurelia, control: 301 + i, groups: []group{{kind: "FA", sets: [][]string{{
				"997", "AK1*PR*" + control, "AK2*855*0001", "AK5*" + tc.ak5, "AK9*" + tc.ak9,
			}}}}}
			got := b.post(maya, m.String())
			b.work()
			b.want("matched", b.get(ingrid, got.ID).Sets[0].Business, BusinessMatched)
			made = b.get(ingrid, made.ID)
			b.want(fmt.Sprint(i, " ", tc.ak5), fmt.Sprint(made.Acknowledged, " ", made.Sets[0].Answered, " ", len(made.Sets[0].Said), " ", b.events(EventAcknowledged)), tc.want)
		}

		made, _ = b.answeredOrder(310, "PO310")
		fa := message{from: idKestrel, to: idAurelia, control: 311, groups: []group{{kind: "FA", sets: [][]string{{"997", "AK1*PR*" + strings.TrimLeft(made.Control, "0"), "AK9*A*1*1*1"}}}}}
		b.post(maya, fa.String())
		ta1 := strings.Replace(message{from: idKestrel, to: idAurelia, control: 312}.String(), "IEA*0*", "TA1*"+made.Control+"*261120*0912*R*025~IEA*0*", 1)
		b.post(maya, ta1)
		b.work()
		b.want("refused as a whole after all", b.get(ingrid, made.ID).Acknowledged, ResultRejected)
	})
}

// What a partner's tests say of a number settles nothing of production.
func TestATestAcknowledgesNoProduction(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		made, control := b.answeredOrder(300, "PO300")
		m := message{from: idKestrel, to: idAurelia, control: 301, usage: "T", groups: []group{{kind: "FA", sets: [][]string{{"997", "AK1*PR*" + control, "AK9*A*1*1*1"}}}}}
		got := b.post(maya, m.String())
		ta1 := message{from: idKestrel, to: idAurelia, control: 302, usage: "T"}
		b.post(maya, strings.Replace(ta1.String(), "IEA*0*", "TA1*"+made.Control+"*261120*0912*R*025~IEA*0*", 1))
		b.work()
		b.want("the 997", b.get(ingrid, got.ID).Sets[0].Business, BusinessUnmatched)
		after := b.get(ingrid, made.ID)
		b.want("not acknowledged", fmt.Sprint(after.Acknowledged, after.Sets[0].Answered, after.Wait.Open() == made.Wait.Open()), "true")
		b.want("told", b.events(EventUnmatched), 2)
	})
}

// However much a partner's files speak of what is not known, little is told, and little is
// looked for.
func TestStrangeAnswersAreBounded(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		made, _ := b.answeredOrder(300, "PO300")
		oti := make([]string, maxAdvised+5)
		for i := range oti {
			oti[i] = fmt.Sprint("OTI*TR*PO*NONE", i)
		}
		oti[maxAdvised+1] = "OTI*TR*PO*PO300"
		got := b.advice(301, oti...)
		f := got.Sets[0].Findings
		b.want("an advice", fmt.Sprint(got.Sets[0].Business, " ", len(f), " ", f[len(f)-1].Key, " ", f[len(f)-1].Args["Most"], " ", b.events(EventUnmatched)), fmt.Sprint(BusinessUnmatched, " ", maxSaid+1, " ", findingMany, " ", maxAdvised, " 1"))
		b.want("beyond the bound", b.get(ingrid, made.ID).Advised, "")

		m := message{from: idKestrel, to: idAurelia, control: 302, groups: []group{{kind: "FA"}}}
		for i := range MaxUnmatchedEvents + 20 {
			m.groups[0].sets = append(m.groups[0].sets, []string{"997", fmt.Sprint("AK1*PR*", 5000+i), "AK9*A*1*1*1"})
		}
		before := b.events(EventUnmatched)
		id := b.post(maya, m.String()).ID
		b.work()
		b.want("997s", fmt.Sprint(b.get(ingrid, id).State, b.events(EventUnmatched)-before), fmt.Sprint(Processed, MaxUnmatchedEvents))
	})
}

// An acknowledgement of sets that we did not send is shown on the document, and neither settles
// it nor stops its clock, unless the whole group is accepted and the counts agree.
func TestAnAnswerToSetsNeverSentIsDoubtful(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		for i, tc := range []struct {
			what, ak5, ak9, want string
			strange              bool
		}{
			{"accepted in part", "AK5*A", "AK9*P*2*2*1", " true true unmatched true 1", true},
			{"counts of others", "AK5*A", "AK9*A*2*2*2", " true true unmatched true 1", true},
			{"counts that differ", "AK5*A", "AK9*A*1*1*0", " true true unmatched true 1", true},
			{"refused", "AK5*R*5", "AK9*R*1*1*0", " true true unmatched true 1", true},
			{"accepted as a whole", "AK5*A", "AK9*A*1*1*1", "accepted true false matched true 0", true},
			{"with another nought", "AK5*A", "AK9*A*1*1*1", "accepted true false matched false 0", false},
		} {
			made, control := b.answeredOrder(300+10*i, fmt.Sprint("PO30", i))
			if err := b.s.Fetched(t.Context(), maya, made.ID); err != nil {
				t.Fatal(err)
			}
			number, before := "9999", b.events(EventUnmatched)
			if !tc.strange {
				number = "00001"
			}
			m := message{from: idKestrel, to: idAurelia, control: 301 + 10*i, groups: []group{{kind: "FA", sets: [][]string{{"997", "AK1*PR*" + control, "AK2*855*" + number, tc.ak5, tc.ak9}}}}}
			id := b.post(maya, m.String()).ID
			b.work()
			made, fa := b.get(ingrid, made.ID), b.get(ingrid, id)
			found := false
			for _, f := range fa.Sets[0].Findings {
				found = found || f.Key == findingSet && f.Value == "9999"
			}
			b.want(tc.what, fmt.Sprint(made.Acknowledged, " ", len(made.Sets[0].Said) == 1, " ", made.Wait.Open(), " ", fa.Sets[0].Business, " ", found, " ", b.events(EventUnmatched)-before), tc.want)
			b.want(tc.what+": linked", fa.Sets[0].DocumentID, made.ID)
			if made.Acknowledged == "" {
				b.want(tc.what+": shown", fmt.Sprint(made.Sets[0].Answered, made.Sets[0].Said[0].Verdict, made.Sets[0].Said[0].Findings[0].Key), findingSet)
			}
		}
	})
}
