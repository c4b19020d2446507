package idoc

import "strings"

// field is a field of a segment: characters in the flat file.
type field struct {
	name  string
	width int
}

// segment is what is known of a segment type: where it stands and its fields, in the
// order of the flat file. Releases only add fields at the end.
type segment struct {
	parent string // empty below the IDoc itself
	level  int    // HLEVEL
	fields []field
}

// fields reads "NAME 3, OTHER 35".
func fields(s string) []field {
	var out []field
	for _, one := range strings.Split(s, ",") {
		name, width, _ := strings.Cut(strings.TrimSpace(one), " ")
		n := 0
		for _, c := range width {
			n = n*10 + int(c-'0')
		}
		out = append(out, field{name, n})
	}
	return out
}

// control is the record EDI_DC40, 524 characters.
var control = fields(`TABNAM 10, MANDT 3, DOCNUM 16, DOCREL 4, STATUS 2, DIRECT 1, OUTMOD 1, EXPRSS 1, TEST 1, IDOCTYP 30, CIMTYP 30, MESTYP 30, MESCOD 3, MESFCT 3,
	STD 1, STDVRS 6, STDMES 6, SNDPOR 10, SNDPRT 2, SNDPFC 2, SNDPRN 10, SNDSAD 21, SNDLAD 70, RCVPOR 10, RCVPRT 2, RCVPFC 2, RCVPRN 10, RCVSAD 21, RCVLAD 70,
	CREDAT 8, CRETIM 6, REFINT 14, REFGRP 14, REFMES 14, ARCKEY 70, SERIAL 20`)

// dataHead is what stands before the fields of every data record, 63 characters.
var dataHead = fields("SEGNAM 30, MANDT 3, DOCNUM 16, SEGNUM 6, PSGNUM 6, HLEVEL 2")

const (
	partnerFields = `PARVW 3, PARTN 17, LIFNR 17, NAME1 35, NAME2 35, NAME3 35, NAME4 35, STRAS 35, STRS2 35, PFACH 35, ORT01 35, COUNC 9, PSTLZ 9, PSTL2 9, LAND1 3,
		ABLAD 35, PERNR 30, PARNR 30, TELF1 25, TELF2 25, TELBX 25, TELFX 25, TELTX 25, TELX1 25, SPRAS 1, ANRED 15, ORT02 35, HAUSN 6, STOCK 6, REGIO 3, PARGE 1, ISOAL 2,
		ISONU 2, FCODE 20, IHREZ 30, BNAME 35, PAORG 30, ORGTX 35, PAGRU 30, KNREF 30, ILNNR 70, PFORT 35, SPRAS_ISO 2, TITLE 15`
	taxFields = "MWSKZ 7, MSATZ 17, MWSBT 18, TXJCD 15, KTEXT 50"
)

// segments are those of ORDERS05, INVOIC02 and DELVRY03 that documents have to do with. A segment
// that is not among them is told when it is read.
var segments = map[string]segment{
	"E1EDK01": {"", 1, fields(`ACTION 3, KZABS 1, CURCY 3, HWAER 3, WKURS 12, ZTERM 17, KUNDEUINR 20, EIGENUINR 20, BSART 4, BELNR 35, NTGEW 18, BRGEW 18, GEWEI 3, FKART_RL 4, ABLAD 25,
		BSTZD 4, VSART 2, VSART_BEZ 20, RECIPNT_NO 10, KZAZU 1, AUTLF 1, AUGRU 3, AUGRU_BEZ 40, ABRVW 3, ABRVW_BEZ 20, FKTYP 1, LIFSK 2, LIFSK_BEZ 20, EMPST 25, ABTNR 4, DELCO 3, WKURS_M 12`)},
	"E1EDK02": {"", 2, fields("QUALF 3, BELNR 35, POSNR 6, DATUM 8, UZEIT 6")},
	"E1EDK03": {"", 2, fields("IDDAT 3, DATUM 8, UZEIT 6")},
	"E1EDK04": {"", 2, fields(taxFields)},
	"E1EDK05": {"", 2, fields("ALCKZ 3, KSCHL 4, KOTXT 80, BETRG 18, KPERC 8, KRATE 15, UPRBS 9, MEAUN 3, KOBTR 18, MWSKZ 7, MSATZ 17, KOEIN 3")},
	"E1EDK14": {"", 2, fields("QUALF 3, ORGID 35")},
	"E1EDK17": {"", 2, fields("QUALF 3, LKOND 3, LKTEXT 70")},
	"E1EDK18": {"", 2, fields("QUALF 3, TAGE 8, PRZNT 8, ZTERM_TXT 70")},
	"E1EDKA1": {"", 2, fields(partnerFields)},
	"E1EDKT1": {"", 2, fields("TDID 4, TSSPRAS 3, TSSPRAS_ISO 2, TDOBJECT 10, TDOBNAME 70")},
	"E1EDKT2": {"E1EDKT1", 3, fields("TDLINE 70, TDFORMAT 2")},
	"E1EDP01": {"", 2, fields(`POSEX 6, ACTION 3, PSTYP 1, KZABS 1, MENGE 15, MENEE 3, BMNG2 15, PMENE 3, ABFTZ 7, VPREI 15, PEINH 9, NETWR 18, ANETW 18, SKFBP 18, NTGEW 18, GEWEI 3, EINKZ 1,
		CURCY 3, PREIS 18, MATKL 9, UEPOS 6, GRKOR 3, EVERS 7, BPUMN 6, BPUMZ 6, ABGRU 2, ABGRT 40, ANTLF 1, FIXMG 1, KZAZU 1, BRGEW 18, PSTYV 4, EMPST 25, ABTNR 4, ABRVW 3, WERKS 4, LPRIO 2,
		LPRIO_BEZ 20, ROUTE 6, ROUTE_BEZ 40, LGORT 4, VSTEL 4, DELCO 3, MATNR 35, VALTG 2, HIPOS 6, HIEVW 1, POSGUID 22`)},
	"E1EDP02": {"E1EDP01", 3, fields("QUALF 3, BELNR 35, ZEILE 6, DATUM 8, UZEIT 6, BSARK 35, IHREZ 30")},
	"E1EDP03": {"E1EDP01", 3, fields("IDDAT 3, DATUM 8, UZEIT 6")},
	"E1EDP04": {"E1EDP01", 3, fields(taxFields)},
	"E1EDP05": {"E1EDP01", 3, fields("ALCKZ 3, KSCHL 4, KOTXT 80, BETRG 18, KPERC 8, KRATE 15, UPRBS 9, MEAUN 3, KOBTR 18, MENGE 15, PREIS 15, MWSKZ 7, MSATZ 17, KOEIN 3, CURTP 2, KOBAS 18")},
	"E1EDP17": {"E1EDP01", 3, fields("QUALF 3, LKOND 3, LKTEXT 70")},
	"E1EDP18": {"E1EDP01", 3, fields("QUALF 3, TAGE 8, PRZNT 8, ZTERM_TXT 70")},
	"E1EDP19": {"E1EDP01", 3, fields("QUALF 3, IDTNR 35, KTEXT 70, MFRPN 42, MFRNR 10")},
	"E1EDP20": {"E1EDP01", 3, fields("WMENG 15, AMENG 15, EDATU 8, EZEIT 6, EDATU_OLD 8, EZEIT_OLD 6, ACTION 3")},
	"E1EDP26": {"E1EDP01", 3, fields("QUALF 3, BETRG 18")},
	"E1EDPA1": {"E1EDP01", 3, fields(partnerFields)},
	"E1EDPT1": {"E1EDP01", 3, fields("TDID 4, TSSPRAS 3, TSSPRAS_ISO 2")},
	"E1EDPT2": {"E1EDPT1", 4, fields("TDLINE 70, TDFORMAT 2")},
	"E1EDL20": {"", 2, fields(`VBELN 10, VSTEL 4, VKORG 4, LSTEL 2, VKBUR 4, LGNUM 3, ABLAD 25, INCO1 3, INCO2 28, ROUTE 6, VSBED 2, BTGEW 17, NTGEW 15, GEWEI 3, VOLUM 15, VOLEH 3, ANZPK 5,
		BOLNR 35, TRATY 4, TRAID 20, XABLN 10, LIFEX 35, PARID 35, PODAT 8, POTIM 6`)},
	"E1ADRM1": {"E1EDL20", 3, fields(`PARTNER_Q 3, ADDRESS_T 1, PARTNER_ID 17, JURISDIC 15, LANGUAGE 2, FORMOFADDR 15, NAME1 40, NAME2 40, NAME3 40, NAME4 40, NAME_TEXT 60, NAME_CO 40, LOCATION 40,
		BUILDING 10, FLOOR 10, ROOM 10, STREET1 40, STREET2 40, STREET3 40, HOUSE_SUPL 4, HOUSE_RANG 10, POSTL_COD1 10, POSTL_COD3 10, POSTL_AREA 15, CITY1 40, CITY2 40, POSTL_PBOX 10, POSTL_COD2 10,
		POSTL_CITY 40, TELEPHONE1 30, TELEPHONE2 30, TELEFAX 30, TELEX 30, E_MAIL 70, COUNTRY1 3, COUNTRY2 3, REGION 3, COUNTY_COD 3, COUNTY_TXT 25, TZCODE 6, TZDESC 35`)},
	"E1EDT13": {"E1EDL20", 3, fields("QUALF 3, VSTZW 4, VSTZW_BEZ 20, NTANF 8, NTANZ 6, NTEND 8, NTENZ 6, TZONE_BEG 6, ISDD 8, ISDZ 6, IEDD 8, IEDZ 6, TZONE_END 6")},
	"E1EDL24": {"E1EDL20", 3, fields(`POSNR 6, MATNR 18, MATWA 18, ARKTX 40, ORKTX 40, SUGRD 4, SUDRU 1, MATKL 9, WERKS 4, LGORT 4, CHARG 10, KDMAT 35, PRODH 18, LFIMG 15, VRKME 3, LGMNG 15, MEINS 3,
		NTGEW 15, BRGEW 15, GEWEI 3, VOLUM 15, VOLEH 3, LGPBE 10, HIPOS 6, HIEVW 1, LADGR 4, TRAGR 4, VKBUR 4, VKGRP 3, VTWEG 2, SPART 2, GRKOR 3, EAN11 18`)},
	"E1EDL41": {"E1EDL24", 4, fields("QUALI 3, BSTNR 35, BSTDT 8, BSARK 4, IHREZ 12, POSEX 6")},
	"E1EDL37": {"E1EDL20", 3, fields(`EXIDV 20, TARAG 17, GWEIT 3, BRGEW 17, NTGEW 17, MAGEW 17, GWEIM 3, BTVOL 17, NTVOL 17, MAVOL 17, VOLEM 3, TAVOL 17, VOLET 3, VEGR2 20, VEGR1 20, VEGR3 20, VHILM 18`)},
	"E1EDL44": {"E1EDL37", 4, fields("VELIN 1, VBELN 10, POSNR 6, EXIDV 20, VEMNG 15, VEMEH 3, MATNR 18, KDMAT 35")},
	"E1EDS01": {"", 2, fields("SUMID 3, SUMME 18, SUNIT 3, WAERQ 3")},
}

// free are the fields of free text, which may be cut at their width; a number, date or
// code that does not fit is refused.
var free = map[string]bool{
	"NAME1": true, "NAME2": true, "NAME3": true, "NAME4": true, "STRAS": true, "STRS2": true, "ORT01": true, "BNAME": true,
	"KTEXT": true, "KOTXT": true, "ZTERM_TXT": true, "TDLINE": true, "LKTEXT": true,
	"ARKTX": true, "STREET1": true, "STREET2": true, "CITY1": true,
}

// typeOf gives the segment type of a name in a file: "E2EDK01003" is E1EDK01.
func typeOf(name string) string {
	if len(name) >= 7 && name[0] == 'E' && (name[1] == '1' || name[1] == '2') {
		if n := name[7:]; n == "" || len(n) == 3 && strings.Trim(n, "0123456789") == "" {
			return "E1" + name[2:7]
		}
	}
	return name
}

func widthOf(list []field) (n int) {
	for _, f := range list {
		n += f.width
	}
	return n
}
