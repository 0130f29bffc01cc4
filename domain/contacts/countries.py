"""Countries as people type them: a name in some language, two letters, or a calling code."""

import re
import unicodedata
from collections.abc import Iterator
from typing import Final

import phonenumbers
from phonenumbers import COUNTRY_CODE_TO_REGION_CODE

from domain.kernel.errors import DomainError

_ANOTHER_EXAMPLE: Final = "+90 501 234 56 78"


class CountryUnknown(DomainError):
    """`text`: what was typed."""

    code = "import.country"


def country_of(text: str) -> str:
    """ISO 3166 alpha-2 of `Turkey`, `türkiye`, `TR`, `+90` or `0090`. Raises CountryUnknown."""
    typed = text.strip()
    code = re.fullmatch(r"(?:\+|00)?\s*(\d{1,3})", typed)
    if code is not None:
        regions = COUNTRY_CODE_TO_REGION_CODE.get(int(code[1]), ("001",))
        if regions[0] in _NAMES:
            return regions[0]
    elif typed.upper() in _NAMES:
        return typed.upper()
    elif (found := _BY_NAME.get(_folded(typed))) is not None:
        return found
    raise CountryUnknown(text=" ".join(typed.split())[:40])


def country_name(code: str) -> str:
    """`Turkey` for TR; the code itself for one that is not known."""
    return _NAMES.get(code, code).partition("; ")[0]


def example_number(code: str) -> str:
    """A mobile number as people of that country write it abroad; of another country where there is none."""
    example = phonenumbers.example_number_for_type(code, phonenumbers.PhoneNumberType.MOBILE)
    if example is None:
        return _ANOTHER_EXAMPLE
    return phonenumbers.format_number(example, phonenumbers.PhoneNumberFormat.INTERNATIONAL)


def _folded(name: str) -> str:
    """Without case, accents and signs: `Türkiye` and `TURKIYE` are one."""
    bare = unicodedata.normalize("NFKD", name.replace("ı", "i").casefold())
    return "".join(char for char in bare if char.isalnum())


def _pairs() -> Iterator[tuple[str, str]]:
    for code, names in _NAMES.items():
        for name in names.split("; "):
            yield _folded(name), code


#: The first name is the one shown; the others are what else people may type.
_NAMES: Final = {
    "AD": "Andorra; Andorre",
    "AE": "United Arab Emirates; UAE; Emirates; الإمارات; Vereinigte Arabische Emirate",
    "AF": "Afghanistan; Afganistán; Afeganistão",
    "AG": "Antigua and Barbuda; Antigua und Barbuda; Antigua y Barbuda; Antigua et Barbuda",
    "AI": "Anguilla; Anguila",
    "AL": "Albania; Shqipëria; Albanien; Albanie; Albânia",
    "AM": "Armenia; Armenien; Arménie; Armênia",
    "AO": "Angola",
    "AR": "Argentina; Argentinien; Argentine",
    "AS": "American Samoa; Amerikanisch-Samoa; Samoa Americana; Samoa américaines",
    "AT": "Austria; Österreich; Autriche; Áustria",
    "AU": "Australia; Australien; Australie; Austrália",
    "AW": "Aruba",
    "AX": "Åland Islands; Aaland-Inseln; Islas Aland; Îles Åland; Ilhas Aland",
    "AZ": "Azerbaijan; Aserbaidschan; Azerbaiyán; Azerbaïdjan; Azerbaijão",
    "BA": "Bosnia and Herzegovina; Bosnia; Bosnien und Herzegowina; Bosnia y Hercegovina",
    "BB": "Barbados; Barbade",
    "BD": "Bangladesh; Bangladesch",
    "BE": "Belgium; Belgien; Bélgica; Belgique",
    "BF": "Burkina Faso; Burquina Faso",
    "BG": "Bulgaria; България; Bulgarien; Bulgarie; Bulgária",
    "BH": "Bahrain; البحرين; Bahráin; Bahreïn",
    "BI": "Burundi",
    "BJ": "Benin; Benín",
    "BL": "Saint Barthélemy; San Bartolomé; Saint-Barthélemy; São Bartolomeu",
    "BM": "Bermuda; Bermudas; Bermudes",
    "BN": "Brunei; Brunéi",
    "BO": "Bolivia; Bolivien; Bolivie; Bolívia",
    "BQ": "Bonaire, Sint Eustatius and Saba; Bonaire, Sint Eustatius und Saba",
    "BR": "Brazil; Brasil; Brasilien; Brésil",
    "BS": "Bahamas",
    "BT": "Bhutan; Bután; Bhoutan; Butão",
    "BW": "Botswana; Botsuana",
    "BY": "Belarus; Bielorrusia; Biélo-Russie",
    "BZ": "Belize; Belice; Bélize",
    "CA": "Canada; Kanada; Canadá",
    "CC": "Cocos Islands; Kokos-Inseln; Islas Cocos; Îles Cocos; Ilhas Coco",
    "CD": "The Democratic Republic Of Congo; DR Congo; Demokratische Republik Kongo; Congo-Kinshasa",
    "CF": "Central African Republic; Zentralafrikanische Republik; República Centroafricana",
    "CG": "Congo; Kongo; Congo - Brazzaville",
    "CH": "Switzerland; Schweiz; Suiza; Suisse; Suíça",
    "CI": "Côte d'Ivoire; Ivory Coast; Elfenbeinküste; Costa de Marfil; Costa do Marfim",
    "CK": "Cook Islands; Cook-Inseln; Islas Cook; Îles Cook; Ilhas Cook",
    "CL": "Chile; Chili",
    "CM": "Cameroon; Kamerun; Camerún; Cameroun; República dos Camarões",
    "CN": "China; 中国; Chine",
    "CO": "Colombia; Kolumbien; Colombie; Colômbia",
    "CR": "Costa Rica",
    "CU": "Cuba; Kuba",
    "CV": "Cape Verde; Kap Verde; Cabo Verde; Cap Vert",
    "CW": "Curaçao",
    "CX": "Christmas Island; Weihnachtsinsel; Isla Christmas; Île Christmas; Ilhas Natal",
    "CY": "Cyprus; Zypern; Chipre; Chypre",
    "CZ": "Czech Republic; Česká republika; Tschechische Republik; Chequia; République Tchèque",
    "DE": "Germany; Deutschland; Alemania; Allemagne; Alemanha",
    "DJ": "Djibouti; Dschibuti; Yibuti; Djibuti",
    "DK": "Denmark; Danmark; Dänemark; Dinamarca; Danemark",
    "DM": "Dominica; Dominique",
    "DO": "Dominican Republic; Dominikanische Republik; República Dominicana; République Dominicaine",
    "DZ": "Algeria; الجزائر; Algerien; Argelia; Algérie; Argélia",
    "EC": "Ecuador; Equateur; Equador",
    "EE": "Estonia; Eesti; Estland; Estonie; Estônia",
    "EG": "Egypt; مصر; Ägypten; Egipto; Egypte; Egito",
    "EH": "Western Sahara; Westsahara; Sahara Occidental; Saara Ocidental",
    "ER": "Eritrea; Erythrée; Eritreia",
    "ES": "Spain; España; Spanien; Espagne; Espanha",
    "ET": "Ethiopia; Äthiopien; Etiopía; Ethiopie; Etiópia",
    "FI": "Finland; Suomi; Finnland; Finlandia; Finlande; Finlândia",
    "FJ": "Fiji; Fidschi; Fiyi; Fidji",
    "FK": "Falkland Islands; Falkland-Inseln; Islas Malvinas; Îles Malouines; Ilhas Malvinas",
    "FM": "Micronesia; Mikronesien; Micronésie; Micronésia",
    "FO": "Faroe Islands; Färöer-Inseln; Islas Feroe; Îles Féroé; Ilhas Faroe",
    "FR": "France; Frankreich; Francia; França",
    "GA": "Gabon; Gabun; Gabón; Gabão",
    "GB": "United Kingdom; UK; England; Great Britain; Vereinigtes Königreich; Reino Unido",
    "GD": "Grenada; Granada; Grenade",
    "GE": "Georgia; Georgien; Géorgie; Geórgia",
    "GF": "French Guiana; Französisch-Guayana; Guayana Francesa; Guyane française; Guiana Francesa",
    "GG": "Guernsey; Guernesey",
    "GH": "Ghana; Gana",
    "GI": "Gibraltar",
    "GL": "Greenland; Grönland; Groenlandia; Groenland; Groênlandia",
    "GM": "Gambia; Gambie; Gâmbia",
    "GN": "Guinea; Guinée; Guiné",
    "GP": "Guadeloupe; Guadalupe",
    "GQ": "Equatorial Guinea; Äquatorial-Guinea; Guinea Ecuatorial; Guinée Equatoriale",
    "GR": "Greece; Ελλάδα; Griechenland; Grecia; Grèce; Grécia",
    "GT": "Guatemala",
    "GU": "Guam",
    "GW": "Guinea-Bissau; Guinée-Bissau; Guiné Bissau",
    "GY": "Guyana; Guiana",
    "HK": "Hong Kong; Hongkong; Hong-Kong; Hong Kong, Região Admin. Especial da China",
    "HN": "Honduras",
    "HR": "Croatia; Hrvatska; Kroatien; Croacia; Croatie; Croácia",
    "HT": "Haiti; Haití; Haïti",
    "HU": "Hungary; Magyarország; Ungarn; Hungría; Hongrie; Hungria",
    "ID": "Indonesia; Indonesien; Indonésie; Indonésia",
    "IE": "Ireland; Irland; Irlanda; Irlande",
    "IL": "Israel; ישראל; Israël",
    "IM": "Isle Of Man; Isla de Man; Ile de Man; Ilha de Man",
    "IN": "India; भारत; Indien; Inde; Índia",
    "IO": "British Indian Ocean Territory; Britische Territorien im Indischen Ozean",
    "IQ": "Iraq; العراق; Irak; Iraque",
    "IR": "Iran; Irán; Irã",
    "IS": "Iceland; Ísland; Island; Islandia; Islande; Islândia",
    "IT": "Italy; Italia; Italien; Italie; Itália",
    "JE": "Jersey",
    "JM": "Jamaica; Jamaika; Jamaïque",
    "JO": "Jordan; الأردن; Jordanien; Jordania; Jordanie; Jordânia",
    "JP": "Japan; 日本; Japón; Japon; Japão",
    "KE": "Kenya; Kenia; Quênia",
    "KG": "Kyrgyzstan; Kirgistan; Kirguizistán; Quirguistão",
    "KH": "Cambodia; Kambodscha; Camboya; Cambodge; Camboja",
    "KI": "Kiribati; Quiribati",
    "KM": "Comoros; Komoren; Comores",
    "KN": "Saint Kitts And Nevis; Saint Kitts und Nevis; San Cristóbal y Nieves",
    "KP": "North Korea; Nordkorea; Corea del Norte; Corée du Nord; Coreia do Norte",
    "KR": "South Korea; Korea; 대한민국; Südkorea; Corea del Sur; Corée du Sud; Coreia do Sul",
    "KW": "Kuwait; الكويت; Koweit",
    "KY": "Cayman Islands; Kaiman-Inseln; Islas Caimán; Îles Caïmans; Ilhas Caiman",
    "KZ": "Kazakhstan; Kasachstan; Kazajstán; Casaquistão",
    "LA": "Laos; República Popular Democrática do Laos",
    "LB": "Lebanon; لبنان; Libanon; Líbano; Liban",
    "LC": "Saint Lucia; St. Lucia; Santa Lucia; Sainte-Lucie; Santa Lúcia",
    "LI": "Liechtenstein",
    "LK": "Sri Lanka",
    "LR": "Liberia; Libéria",
    "LS": "Lesotho; Lesoto",
    "LT": "Lithuania; Lietuva; Litauen; Lituania; Lithuanie; Lituânia",
    "LU": "Luxembourg; Luxemburg; Luxemburgo",
    "LV": "Latvia; Latvija; Lettland; Letonia; Lettonie; Letônia",
    "LY": "Libya; ليبيا; Libyen; Libia; Libye; Líbia",
    "MA": "Morocco; المغرب; Marokko; Marruecos; Maroc; Marrocos",
    "MC": "Monaco; Mónaco; Mônaco",
    "MD": "Moldova; Moldau; Moldavia; Moldavie; Moldávia",
    "ME": "Montenegro; Monténégro",
    "MF": "Saint Martin; St. Martin; San Martín; Saint-Martin; São Martinho",
    "MG": "Madagascar; Madagaskar",
    "MH": "Marshall Islands; Marshall-Inseln; Islas Marshall; Îles Marshall; Ilhas Marshall",
    "MK": "Macedonia; Mazedonien; Macédoine; Macedônia",
    "ML": "Mali; Malí",
    "MM": "Myanmar; Burma; Mianmar [Birmânia]",
    "MN": "Mongolia; Mongolei; Mongolie; Mongólia",
    "MO": "Macao; Macau, Região Admin. Especial da China",
    "MP": "Northern Mariana Islands; Nördliche Mariannen-Inseln; Islas Marianas del Norte",
    "MQ": "Martinique; Martinica",
    "MR": "Mauritania; Mauretanien; Mauritanie; Mauritânia",
    "MS": "Montserrat",
    "MT": "Malta; Malte",
    "MU": "Mauritius; Mauricio; Maurice; Maurício",
    "MV": "Maldives; Maldiven; Maldivas",
    "MW": "Malawi; Malaui",
    "MX": "Mexico; Mexiko; México; Mexique",
    "MY": "Malaysia; Malasia; Malaisie; Malásia",
    "MZ": "Mozambique; Mosambik; Moçambique",
    "NA": "Namibia; Namibie; Namíbia",
    "NC": "New Caledonia; Neukaledonien; Nueva Caledonia; Nouvelle-Calédonie; Nova Caledônia",
    "NE": "Niger; Níger",
    "NF": "Norfolk Island; Norfolk-Insel; Isla Norfolk; Île Norfolk; Ilha Norfolk",
    "NG": "Nigeria; Nigéria",
    "NI": "Nicaragua; Nicarágua",
    "NL": "Netherlands; Holland; Nederland; Niederlande; Holanda; Pays-Bas",
    "NO": "Norway; Norge; Norwegen; Noruega; Norvège",
    "NP": "Nepal; Népal",
    "NR": "Nauru",
    "NU": "Niue",
    "NZ": "New Zealand; Neuseeland; Nueva Zelanda; Nouvelle-Zélande; Nova Zelândia",
    "OM": "Oman; سلطنة عمان; Omán; Omã",
    "PA": "Panama; Panamá",
    "PE": "Peru; Perú; Pérou",
    "PF": "French Polynesia; Französisch-Polynesien; Polinesia Francesa; Polynésie Française",
    "PG": "Papua New Guinea; Papua-Neuguinea; Papúa New Guinea; Papouasie-Nouvelle-Guinée",
    "PH": "Philippines; Philippinen; Filipinas",
    "PK": "Pakistan; Paquistán; Paquistão",
    "PL": "Poland; Polska; Polen; Polonia; Pologne; Polônia",
    "PM": "Saint Pierre And Miquelon; St. Pierre und Miquelon; San Pedro y Miquelón",
    "PR": "Puerto Rico; Porto Rico",
    "PS": "Palestine; Palästina; Palestina; Territórios palestinos",
    "PT": "Portugal",
    "PW": "Palau; Palaos; Belau",
    "PY": "Paraguay; Paraguai",
    "QA": "Qatar; قطر; Katar; Catar",
    "RE": "Reunion; Reunión; La Réunion; Reunião",
    "RO": "Romania; România; Rumänien; Rumania; Roumanie; Romênia",
    "RS": "Serbia; Serbien; Serbie; Sérvia",
    "RU": "Russia; Russian Federation; Россия; Russland; Rusia; Russie; Rússia",
    "RW": "Rwanda; Ruanda",
    "SA": "Saudi Arabia; KSA; السعودية; Saudi-Arabien; Arabia Saudita; Arabie Saoudite",
    "SB": "Solomon Islands; Solomon-Inseln; Islas Salomón; Îles Salomon; Ilhas Salomão",
    "SC": "Seychelles; Seychellen",
    "SD": "Sudan; السودان; Sudán; Soudan; Sudão",
    "SE": "Sweden; Sverige; Schweden; Suecia; Suède; Suécia",
    "SG": "Singapore; Singapur; Singapour; Cingapura",
    "SH": "Saint Helena; St. Helena; Santa Helena; Sainte-Hélène",
    "SI": "Slovenia; Slovenija; Slowenien; Eslovenia; Slovénie; Eslovênia",
    "SJ": "Svalbard And Jan Mayen; Svalbard und Jan Mayen; Svalbard y Jan Mayen; Svalbard e Jan Mayen",
    "SK": "Slovakia; Slovenská republika; Slowakei; Eslovaquia; Slovaquie; Eslováquia",
    "SL": "Sierra Leone; Sierra Leona; Serra Leoa",
    "SM": "San Marino; Saint-Marin",
    "SN": "Senegal; Sénégal",
    "SO": "Somalia; Somalie; Somália",
    "SR": "Suriname; Surinam",
    "SS": "South Sudan; Südsudan; Sudán del Sur; Sud-Soudan",
    "ST": "Sao Tome And Principe; Sao Tome und Principe; Santo Tomé y Príncipe; Sao Tomé et Principe",
    "SV": "El Salvador",
    "SX": "Sint Maarten (Dutch part); Sint Maarten (Niederländischer Teil)",
    "SY": "Syria; سوريا; Syrien; Siria; Syrie; Síria",
    "SZ": "Swaziland; Swasiland; Suazilandia; Suazilândia",
    "TC": "Turks And Caicos Islands; Turks- und Caicos-Inseln; Islas Turcas y Caicos",
    "TD": "Chad; Tschad; Tchad; Chade",
    "TG": "Togo",
    "TH": "Thailand; ประเทศไทย; Tailandia; Thaïlande; Tailândia",
    "TJ": "Tajikistan; Tadschikistan; Tayikistán; Tadjikistan; Tadjiquistão",
    "TK": "Tokelau",
    "TL": "Timor-Leste; Timor Oriental",
    "TM": "Turkmenistan; Turkmenistán; Turkménistan; Turcomenistão",
    "TN": "Tunisia; تونس; Tunesien; Túnez; Tunisie; Tunísia",
    "TO": "Tonga",
    "TR": "Turkey; Turkiye; Türkiye; Türkei; Turquía; Turquie; Turquia",
    "TT": "Trinidad and Tobago; Trinidad und Tobago; Trinidad y Tobago; Trinité-et-Tobago",
    "TV": "Tuvalu",
    "TW": "Taiwan; Taiwán",
    "TZ": "Tanzania; Tansania; Tanzanie; Tanzânia",
    "UA": "Ukraine; Україна; Ucrania; Ucrânia",
    "UG": "Uganda; Ouganda",
    "US": "United States; USA; United States of America; America; Vereinigte Staaten von Amerika",
    "UY": "Uruguay; Uruguai",
    "UZ": "Uzbekistan; Usbekistan; Uzbekistán; Ouzbékistan; Uzbequistão",
    "VA": "Vatican; Vatikanstadt; Ciudad del Vaticano; Vaticano",
    "VC": "Saint Vincent And The Grenadines; St. Vincent und die Grenadinen; São Vicente e Granadinas",
    "VE": "Venezuela; Vénézuela",
    "VG": "British Virgin Islands; Britische Jungferninseln; Islas Vírgenes Británicas",
    "VI": "U.S. Virgin Islands; Amerikanische Jungferninseln; Islas Vírgenes Americanas",
    "VN": "Vietnam; Viet Nam; Việt Nam; Vietnã",
    "VU": "Vanuatu",
    "WF": "Wallis And Futuna; Wallis und Futuna; Wallis y Futuna; Wallis-et-Futuna; Wallis e Futuna",
    "WS": "Samoa",
    "YE": "Yemen; اليمن; Jemen; Yémen; Iêmen",
    "YT": "Mayotte",
    "ZA": "South Africa; Südafrika; Sudáfrica; Afrique du Sud; África do Sul",
    "ZM": "Zambia; Sambia; Zambie; Zâmbia",
    "ZW": "Zimbabwe; Simbabwe; Zimbabue; Zimbábue",
}

_BY_NAME: Final = dict(_pairs())
