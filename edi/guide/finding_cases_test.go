package guide

import (
	"strconv"
	"strings"
)

// wrapped breaks a file at a column, as mailboxes do.
func wrapped(text string, at int) string {
	var b strings.Builder
	for len(text) > at {
		b.WriteString(text[:at] + "\r\n")
		text = text[at:]
	}
	return b.String() + text
}

// findingCases are those of TestEveryFinding.
func findingCases() []findingCase {
	swap := strings.NewReplacer
	inGroup := func(from, to string) findingCase {
		file, text := grouped(from, to)
		return findingCase{file: file, from: file, to: text}
	}
	swapped := func(file string, pairs ...string) findingCase {
		return findingCase{file: file, from: file, to: swap(pairs...).Replace(file)}
	}
	whole := func(text string) findingCase { return findingCase{file: unOrder, from: unOrder, to: text} }
	also := func(c findingCase, want string) findingCase { c.want = want; return c }
	second := "UNH+2+ORDERS:D:96A:UN'BGM+220+4501+9'DTM+137:20261122:102'NAD+BY+5412345000013::9'LIN+1'UNS+S'UNT+#+2'"
	deep := "HL*1**S*1~"
	for i := 2; i <= 40; i++ {
		deep += "HL*" + strconv.Itoa(i) + "*" + strconv.Itoa(i-1) + "*P*" + map[bool]string{true: "0", false: "1"}[i == 40] + "~"
	}
	pack := func(refs string) findingCase {
		text := swap("UNOC:3", "UNOC:4", "+261122:", "+20261122:", "UNZ+1", "UNO+7+AAA:D+1:8+3'a'b"+refs+"'UNZ+2").Replace(unOrder)
		return whole(text)
	}
	return []findingCase{
		also(findingCase{file: order, from: order, to: wrapped(filled(order), 80)}, "interchange.wrapped ISA 0 /// note"),
		{order, "DTM*002", "dtm*002", "", 0, "segment.case dtm 5 1/1// reject"},
		{unOrder, "DTM+137", "dtm+137", "", 0, "segment.case dtm 3 ///15 reject"},
		{notice, "HL*1**S*1~TD1*CTN*1~HL*2*1*O*1~PRF*4500~HL*3*2*I*0~LIN**VP*X~SN1**2*EA~CTT*3", deep + "CTT*40", "", 0, "level.order HL03 4 /// note; level.deep HL02 35 7/7// reject"},
		also(pack("UNP+3+7"), "un_interchange.package UNO04-1 0 /// note"),
		also(pack("UNP+2+7"), "un_interchange.package UNO04-1 0 /// note; un_interchange.package_differs UNP01 0 ///28 reject"),
		{order, "ISA*00", "hello\nISA*00", "", 0, "interchange.leading ISA 0 /// note"},
		{order, "*ZZ*KESTRELSUPPLY  *", "*ZZ*               *", "", 0, "interchange.sender ISA06 0 //006/ reject"},
		{order, "*ZZ*AURELIATOOLS   *", "*ZZ*               *", "", 0, "interchange.receiver ISA08 0 //008/ reject"},
		{order, "*261122*0912*^", "*269922*0912*^", "", 0, "interchange.date ISA09 0 //014/ accept"},
		{order, "*261122*0912*^", "*261122*2512*^", "", 0, "interchange.time ISA10 0 //015/ accept"},
		{order, "*00501*", "*0050A*", "", 0, "interchange.version ISA12 0 //017/ reject"},
		{order, "*^*00501*", "*U*00501*", "", 0, "interchange.repetition ISA11 0 //022/ accept"},
		also(swapped(order, "000000101", "00000A101"), "interchange.control ISA13 0 //018/ reject"),
		{order, "*0*P*>", "*5*P*>", "", 0, "interchange.ack_requested ISA14 0 //019/ accept"},
		{order, "*0*P*>", "*0*X*>", "", 0, "interchange.usage ISA15 0 //020/ reject"},
		{order, "IEA*1*", "IEA*2*", "", 0, "interchange.count IEA01 0 //021/ reject"},
		{order, "IEA*1*000000101", "IEA*1*000000102", "", 0, "interchange.control_differs IEA02 0 //001/ reject"},
		{order, "IEA*1*000000101~", "", "", 0, "interchange.unfinished IEA 0 //023/ reject"},
		{order, "IEA*1", "N9*1~IEA*1", "", 0, "segment.stray N9 0 //022/ reject"},
		{order, "GS*PO", "TA3*ZZ*GXS*000*20261122*0912~GS*PO", "", 0, "interchange.notice TA3 0 /// note"},
		{order, "*X*005010", "*X*004050", "", 0, "group.version GS08 0 2/2// reject; set.group_refused ST 1 /// reject"},
		{order, "GS*PO", "GS*ZZ", "", 0, "group.unsupported GS01 0 1/1// reject; set.group_refused ST 1 /// reject"},
		also(swapped(order, "0912*7*X", "0912*A*X", "GE*1*7", "GE*1*A"), "group.control GS06 0 6/6// reject; set.group_refused ST 1 /// reject"),
		{order, "AURELIA*20261122", "AURELIA*20261322", "", 0, "group.date GS04 0 /// note"},
		{order, "AURELIA*20261122*0912", "AURELIA*20261122*2512", "", 0, "group.time GS05 0 /// note"},
		{order, "GE*1*7", "GE*2*7", "", 0, "group.count GE01 0 5/5// accept"},
		{order, "GE*1*7", "GE*1*8", "", 0, "group.control_differs GE02 0 4/4// accept"},
		{order, "GE*1*7~", "", "", 0, "group.unfinished GE 0 3/3// accept"},
		{order, "GE*1*7~IEA*1", "GE*1*7~GS*PO*KESTREL*AURELIA*20261122*0912*7*X*005010~ST*850*0002~BEG*00*SA*4501**20261122~PO1*1*1*EA~SE*#*0002~GE*1*7~IEA*2", "", 0, "group.control_repeated GS06 0 19/19// accept"},
		{order, "ST*850", "ST*830", "", 0, "set.unsupported ST01 1 1/1// reject"},
		{order, "ST*850", "ST*810", "", 0, "set.wrong_group ST01 1 6/6// reject"},
		also(swapped(order, "850*0001", "850*01", "#*0001", "#*01"), "set.control ST02 1 7/7// reject"),
		{order, "SE*#*0001", "SE*#*0002", "", 0, "set.control_differs SE02 11 3/3// reject"},
		{order, "SE*#", "SE*99", "", 0, "set.count SE01 11 4/4// reject"},
		{order, "SE*#*0001~", "", "", 0, "set.unfinished SE 0 2/2// reject"},
		{order, "SE*#*0001~GE*1", "SE*#*0001~ST*850*0001~BEG*00*SA*4501**20261122~PO1*1*1*EA~SE*#*0001~GE*2", "", 0, "set.control_repeated ST02 1 23/23// reject"},
		{order, "REF*DP*1", "REF*DP*1", "", 60, "set.too_large DTM 5 5/5// reject"},
		{order, "CUR*BY*USD", "QQQ*1", "", 0, "segment.unknown QQQ 3 1/1// reject"},
		{order, "CUR*BY*USD", "BSN*00*S1*20261122*0912", "", 0, "segment.not_in_set BSN 3 6/6// reject"},
		{order, "BEG*00*SA*4500**20261122~", "", "", 0, "segment.missing BEG 2 3/3// reject"},
		{order, "N3*Unit 4~", "N3*Unit 4~DTM*010*20261201~", "", 0, "segment.order DTM 8 7/7// reject"},
		{order, "N1*ST*Wakefield*92*W1~", "", "", 0, "segment.unexpected N3 6 2/2// reject"},
		{order, "CUR*BY*USD~", "CUR*BY*USD~CUR*BY*USD~", "", 0, "segment.max_use CUR 4 5/5// reject"},
		{order, "DTM*002", "SAC*A*C310***100~SAC*A*C310***100~SAC*A*C310***100~SAC*A*C310***100~SAC*A*C310***100~SAC*A*C310***100~SAC*A*C310***100~SAC*A*C310***100~SAC*A*C310***100~SAC*A*C310***100~SAC*A*C310***100~SAC*A*C310***100~SAC*A*C310***100~SAC*A*C310***100~SAC*A*C310***100~SAC*A*C310***100~SAC*A*C310***100~SAC*A*C310***100~SAC*A*C310***100~SAC*A*C310***100~SAC*A*C310***100~SAC*A*C310***100~SAC*A*C310***100~SAC*A*C310***100~SAC*A*C310***100~SAC*A*C310***100~DTM*002", "", 0, "loop.max_use SAC 30 4/4// reject"},
		{order, "BEG*00*SA*4500", "BEG*00*SA*", "", 0, "element.missing BEG03 2 1/1// reject"},
		{order, "CTT*1", "CTT*1*1*1*LB*1*CF*x*y", "", 0, "element.too_many CTT08 10 3/3// reject"},
		{order, "N3*Unit 4", "N3*xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", "", 0, "element.too_long N301 7 5/5// reject"},
		{order, "*WF27AZ*", "*WF*", "", 0, "element.too_short N403 8 4/4// reject"},
		{order, "N3*Unit 4", "N3*Unit\x074", "", 0, "element.characters N301 7 6/6// reject"},
		{order, "REF*DP*1", "REF*DP*1^2", "", 0, "element.repeats REF02 4 12/12// reject"},
		{order, "REF*DP*1", "REF*DP*1>2", "", 0, "element.components REF02 4 13/13// reject"},
		{order, "BEG*00", "BEG*99", "", 0, "code.unknown BEG01 2 7/7// reject"},
		{order, "*2*EA*", "*2*QX*", "", 0, "code.unlisted PO103 9 7/7// accept"},
		{order, "*2*EA*", "*2x*EA*", "", 0, "number.format PO102 9 6/6// reject"},
		{order, "20261201", "20261131", "", 0, "date.impossible DTM02 5 8/8// reject"},
		{order, "20261201", "2026AB01", "", 0, "date.format DTM02 5 8/8// reject"},
		{notice, "*0912*0004", "*2512*0004", "", 0, "time.impossible BSN04 2 9/9// reject"},
		{order, "*92*W1", "*92", "", 0, "condition.paired N104 6 2/2// reject"},
		{order, "N1*ST*Wakefield*92*W1", "N1*ST", "", 0, "condition.one_of N102 6 2/2// reject"},
		{order, "N4*Wakefield**WF27AZ*GB", "N4*Wakefield*NY*WF27AZ*US***X", "", 0, "condition.only_one N407 8 10/10// reject"},
		{order, "N4*Wakefield**WF27AZ*GB", "N4*Wakefield**WF27AZ*GB**X", "", 0, "condition.required N405 8 2/2// reject"},
		{order, "DTM*002", "ITD*14*3*2~DTM*002", "", 0, "condition.required_one ITD04 5 2/2// reject"},
		{order, "CTT*1", "CTT*2", "", 0, "count.lines CTT01 10 /// note"},
		{order, "DTM*002", "SAC*A*C310~DTM*002", "", 0, "allowance.no_amount SAC05 5 /// note"},
		{notice, "HL*3*2*I*0", "HL*2*2*I*0", "", 0, "level.repeated HL01 7 7/7// reject"},
		{notice, "HL*3*2*I*0", "HL*4*2*I*0", "", 0, "level.sequence HL01 7 /// note"},
		{notice, "HL*2*1*O*1", "HL*2**O*1", "", 0, "level.root HL02 5 /// note"},
		{notice, "HL*3*2*I*0", "HL*3*9*I*0", "", 0, "level.parent HL02 7 7/7// reject"},
		{notice, "HL*3*2*I*0", "HL*3*1*I*0", "", 0, "level.order HL03 7 /// note"},
		{notice, "HL*3*2*I*0", "HL*3*2*I*1", "", 0, "level.children HL04 7 /// note"},
		{order, "", "", `"rules":[{"path":"BEG01","codes":["05"]}]`, 0, "guide.code BEG01 2 7/I6// reject"},
		{order, "", "", `"rules":[{"path":"CUR","forbid":true}]`, 0, "guide.forbidden_segment CUR 3 2/I4// reject"},
		{order, "", "", `"rules":[{"path":"CUR","forbid":true,"when":"BEG[BEG02=SA]"}]`, 0, "guide.forbidden_segment CUR 3 2/I9// reject"},
		{order, "", "", `"rules":[{"path":"PO1/PO104","forbid":true}]`, 0, "guide.forbidden_element PO104 9 10/I10// reject"},
		{order, "", "", `"rules":[{"path":"PO1/PO104","forbid":true,"when":"BEG[BEG02=SA]"}]`, 0, "guide.forbidden_element PO104 9 10/I13// reject"},
		{order, "CUR*BY*USD~", "CUR*BY*USD~REF*PD*1~", `"rules":[{"path":"REF","max":1}]`, 0, "guide.max_use REF 5 5/5// reject"},
		{order, "", "", `"rules":[{"path":"FOB","require":true}]`, 0, "guide.missing_segment FOB 11 3/I8// reject"},
		{order, "", "", `"rules":[{"path":"FOB","require":true,"when":"BEG02"}]`, 0, "guide.missing_segment FOB 11 3/I6// reject"},
		{order, "", "", `"rules":[{"path":"BEG04","require":true}]`, 0, "guide.missing_element BEG04 2 1/1// reject"},
		{order, "", "", `"rules":[{"path":"BEG04","require":true,"when":"BEG02"}]`, 0, "guide.missing_element BEG04 2 1/I9// reject"},
		{order, "", "", `"rules":[{"path":"BEG03","min_length":5}]`, 0, "guide.too_short BEG03 2 4/4// reject"},
		{order, "", "", `"rules":[{"path":"BEG03","max_length":3}]`, 0, "guide.too_long BEG03 2 5/5// reject"},
		{unOrder, "UNB+", "hello\nUNB+", "", 0, "interchange.leading UNB 0 /// note"},
		{unOrder, "UNOC:3", "UNOQ:3", "", 0, "un_interchange.syntax UNB01-1 0 ///2 reject"},
		{unOrder, "UNOC:3", "UNOC:9", "", 0, "un_interchange.version UNB01-2 0 ///2 reject"},
		{unOrder, "UNOC:3+5412345000013:14", "UNOC:3+", "", 0, "un_interchange.sender UNB02-1 0 ///13 reject"},
		{unOrder, "+4012345500004:14", "+", "", 0, "un_interchange.recipient UNB03-1 0 ///13 reject"},
		{unOrder, "261122:0912", "269922:0912", "", 0, "un_interchange.date UNB04-1 0 ///12 accept"},
		{unOrder, "261122:0912", "261122:2512", "", 0, "un_interchange.time UNB04-2 0 ///12 accept"},
		also(swapped(unOrder, "0912+REF1'", "0912+'", "UNZ+1+REF1", "UNZ+1+"), "un_interchange.reference UNB05-1 0 ///13 reject"),
		{unOrder, "UNZ+1+REF1", "UNZ+2+REF1", "", 0, "un_interchange.count UNZ01 0 ///29 reject"},
		{unOrder, "UNZ+1+REF1", "UNZ+1+REF2", "", 0, "un_interchange.reference_differs UNZ02 0 ///28 reject"},
		{unOrder, "UNZ+1+REF1'", "", "", 0, "un_interchange.unfinished UNZ 0 ///13 reject"},
		{unOrder, "UNZ+1", "RFF+ON:1'UNZ+1", "", 0, "un_interchange.stray RFF 0 ///33 reject"},
		also(whole(swap("REF1", "REFERENCE123456").Replace(unOrder)), "un_interchange.reference_long UNB05-1 0 ///39 accept"),
		also(inGroup("UNE+1+7", "UNE+2+7"), "un_group.count UNE01 0 ///29 accept"),
		also(inGroup(":0912+7+UN", ":0912++UN"), "un_group.reference UNG05 0 ///13 accept"),
		also(inGroup("UNE+1+7", "UNE+1+8"), "un_group.reference_differs UNE02 0 ///28 accept"),
		also(inGroup("UNE+1+7'", ""), "un_group.unfinished UNE 0 ///13 accept"),
		also(inGroup("UNG+ORDERS", "UNG+INVOIC"), "un_set.wrong_group UNH02 1 ///31 accept"),
		also(inGroup("UNZ+1", ung+swap("UNH+2", "UNH+1", "#+2", "#+1").Replace(second)+"UNE+1+7'UNZ+2"), "un_group.reference_repeated UNG05 0 ///26 accept"),
		also(inGroup("UNZ+1", second+"UNZ+1"), "un_set.mixed UNH 1 ///30 reject"),
		{unOrder, "ORDERS:D:96A", "ORDERS:D:93A", "", 0, "un_set.unsupported UNH02 1 ///14 reject"},
		also(swapped(unOrder, "UNH+1+", "UNH++", "#+1", "#+"), "un_set.reference UNH01 1 ///13 reject"),
		{unOrder, "UNT+#+1", "UNT+#+2", "", 0, "un_set.reference_differs UNT02 9 ///28 reject"},
		{unOrder, "UNT+#", "UNT+99", "", 0, "un_set.count UNT01 9 ///29 reject"},
		{unOrder, "UNT+#+1'", "", "", 0, "un_set.unfinished UNT 0 ///13 reject"},
		also(whole(swap("UNH+1", "UNH+REFERENCE123456", "#+1", "#+REFERENCE123456").Replace(unOrder)), "un_set.reference_long UNH01 1 ///39 accept"),
		also(whole(strings.Replace(unOrder, "UNZ+1", swap("UNH+2", "UNH+1", "#+2", "#+1").Replace(second)+"UNZ+2", 1)), "un_set.reference_repeated UNH01 1 ///26 reject"),
		{unOrder, "BGM", "BGM", "", 60, "set.too_large NAD 4 ///18 reject"},
		{unOrder, "DTM+137", "QQQ+1'DTM+137", "", 0, "segment.unknown QQQ 3 ///15 reject"},
		{unOrder, "DTM+137", "CPS+1'DTM+137", "", 0, "segment.not_in_set CPS 3 ///15 reject"},
		{unOrder, "BGM+220+4500+9'", "", "", 0, "segment.missing BGM 2 ///13 reject"},
		{unOrder, "BY+5412345000013::9'", "BY+5412345000013::9'DTM+2:20261122:102'", "", 0, "segment.order DTM 5 ///15 reject"},
		{unOrder, "NAD+BY", "CTA+OC'NAD+BY", "", 0, "segment.unexpected CTA 4 ///15 reject"},
		{unOrder, "UNS+S'", "UNS+S'UNS+S'", "", 0, "segment.max_use UNS 8 ///35 reject"},
		{unOrder, "LIN+1", "CUX+2:USD:9'CUX+2:USD:9'CUX+2:USD:9'CUX+2:USD:9'CUX+2:USD:9'CUX+2:USD:9'LIN+1", "", 0, "loop.max_use CUX 10 ///36 reject"},
		{unOrder, "DTM+137:", "DTM+:", "", 0, "element.missing DTM01-1 3 ///13 reject"},
		{unOrder, "4500+9", "4500+9+AC+X", "", 0, "element.too_many BGM05 2 ///16 reject"},
		{unOrder, "4500+9", "4500+9:1", "", 0, "element.components BGM03 2 ///16 reject"},
		{unOrder, "+4500+", "+777777777777777777777777777777777777+", "", 0, "element.too_long BGM02 2 ///39 reject"},
		also(whole(swap("UNOC:3", "UNOC:4", "BGM+220+4500", "BGM+220+4500*4501").Replace(unOrder)), "element.repeats BGM02 2 ///35 reject"),
		{unOrder, "+4500+9", "+45+9'QQQ+ab", `"define":["el 9001 an3","seg QQQ 9001","set ORDERS BGM! QQQ DTM! NAD (9 LIN! QTY) UNS CNT"]`, 0, "element.too_short QQQ01 3 ///40 reject"},
		{unOrder, "UNS+S", "UNS+1", "", 0, "element.letters UNS01 7 ///37 reject"},
		{unOrder, "UNS+S", "UNS+Q", "", 0, "code.unknown UNS01 7 ///12 reject"},
		{unOrder, "NAD+BY", "NAD+QQQ", "", 0, "code.unlisted NAD01 4 ///12 accept"},
		{unOrder, "21:48", "21:x", "", 0, "number.format QTY01-2 6 ///37 reject"},
		{unOrder, "21:48", "21:1.2.3", "", 0, "number.decimal QTY01-2 6 ///19 reject"},
		{unOrder, "21:48", "21:.5", "", 0, "number.bare QTY01-2 6 ///19 accept"},
		{unOrder, "20261122:102", "20261131:102", "", 0, "date.impossible DTM01-2 3 ///12 reject"},
		{unOrder, "20261122:102", "2026112:102", "", 0, "date.layout DTM01-2 3 ///12 reject"},
		{unOrder, "20261122:102", "2026112220261301:718", "", 0, "date.period DTM01-2 3 ///12 reject"},
		{unOrder, "+4500+", "+45\x0700+", "", 0, "charset.foreign BGM02 2 ///21 reject"},
		also(whole(swap("UNOC:3", "UNOA:3", "+4500+", "+a+").Replace(unOrder)), "charset.wider BGM02 2 ///21 accept"),
		{unOrder, "CNT+2:1", "CNT+2:5", "", 0, "count.lines CNT01-2 8 /// note"},
		{unOrder, "+4500+9", "+45+9'QQQ+++x", `"define": ["seg QQQ 1004 1004 1004 | D3(010,020)", "set ORDERS BGM! QQQ DTM! NAD (9 LIN! QTY) UNS CNT"]`, 0, "condition.one_of QQQ01 3 ///13 reject"},
		{unOrder, "+4500+9", "+45+9'QQQ+x+x", `"define": ["seg QQQ 1004 1004 1004 | D4(010,020)", "set ORDERS BGM! QQQ DTM! NAD (9 LIN! QTY) UNS CNT"]`, 0, "condition.only_one QQQ02 3 ///15 reject"},
		{unOrder, "+4500+9", "+45+9'QQQ+x", `"define": ["seg QQQ 1004 1004 1004 | D2(010,020)", "set ORDERS BGM! QQQ DTM! NAD (9 LIN! QTY) UNS CNT"]`, 0, "condition.paired QQQ02 3 ///13 reject"},
		{unOrder, "+4500+9", "+45+9'QQQ++x", `"define": ["seg QQQ 1004 1004 1004 | D5(020,010)", "set ORDERS BGM! QQQ DTM! NAD (9 LIN! QTY) UNS CNT"]`, 0, "condition.required QQQ01 3 ///13 reject"},
		{unOrder, "+4500+9", "+45+9'QQQ++x", `"define": ["seg QQQ 1004 1004 1004 | D6(020,010,030)", "set ORDERS BGM! QQQ DTM! NAD (9 LIN! QTY) UNS CNT"]`, 0, "condition.required_one QQQ01 3 ///13 reject"},
		{unOrder, "+4500+9", "+45+9'QQQ+x+x", `"define": ["seg QQQ 1004 1004 1004 | D7(010,020)", "set ORDERS BGM! QQQ DTM! NAD (9 LIN! QTY) UNS CNT"]`, 0, "condition.excluded QQQ02 3 ///15 reject"},
		{unOrder, "", "", `"rules":[{"path":"BGM03","codes":["1"]}]`, 0, "guide.code BGM03 2 ///14 reject"},
		{unOrder, "", "", `"rules":[{"path":"NAD","forbid":true}]`, 0, "guide.forbidden_segment NAD 4 ///15 reject"},
		{unOrder, "", "", `"rules":[{"path":"LIN/QTY/QTY01-2","forbid":true}]`, 0, "guide.forbidden_element QTY01-2 6 ///15 reject"},
		{unOrder, "DTM+137", "DTM+2:20261201:102'DTM+137", `"rules":[{"path":"DTM","max":1}]`, 0, "guide.max_use DTM 4 ///35 reject"},
		{unOrder, "", "", `"rules":[{"path":"CUX","require":true}]`, 0, "guide.missing_segment CUX 9 ///13 reject"},
		{unOrder, "", "", `"rules":[{"path":"LIN/LIN02","require":true}]`, 0, "guide.missing_element LIN02 5 ///13 reject"},
		{unOrder, "", "", `"rules":[{"path":"BGM02","min_length":5}]`, 0, "guide.too_short BGM02 2 ///40 reject"},
		{unOrder, "", "", `"rules":[{"path":"BGM02","max_length":3}]`, 0, "guide.too_long BGM02 2 ///39 reject"},
	}
}
