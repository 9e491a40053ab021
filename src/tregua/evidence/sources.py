"""The publications, official series and data sets that the package cites, each under a short id.
Text only: nothing is read or computed.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Literal

Kind = Literal["paper", "official", "press-compiled", "dataset"]


@dataclass(frozen=True)
class Source:
    """One thing that can be cited.

    Attributes:
        text: authors or institution, title, place: enough to find it.
        year: year of publication, or the last year of a series that is used.
        kind: ``paper`` (also working papers and books), ``official`` (figures of a public body),
            ``press-compiled`` (official figures seen in press reports) or ``dataset``.
        link: DOI, arXiv number or address, empty where none is known.
        note: what a reader must know before leaning on it, such as that only a summary was seen.
    """

    text: str
    year: int
    kind: Kind
    link: str = ""
    note: str = ""


paper = partial(Source, kind="paper")
official = partial(Source, kind="official")
press = partial(Source, kind="press-compiled")
dataset = partial(Source, kind="dataset")

SUMMARY_SEEN = "Only abstracts or summaries of it were seen."
FROM_MEMORY = (
    "Cited from general knowledge of the literature; its magnitudes were not "
    "checked in the original."
)

CITED: dict[str, Source] = {
    # The size of groups, and what is said about that estimate.
    "size-2023": paper(
        (
            "R. Prieto-Curiel, G. M. Campedelli, A. Hope, Reducing cartel recruitment is the only "
            "way to lower violence in Mexico, Science 381(6664):1312-1316 (2023); "
            "preprint arXiv 2307.06302"
        ),
        2023,
        link="arXiv:2307.06302; data doi:10.5061/dryad.zw3r228d7",
    ),
    "critique-2023": paper(
        "J. P. Caulkins, B. Kilmer, P. Reuter, Policy Forum, Science 381(6664):1291-1293",
        2023,
        link="doi:10.1126/science.adj8911",
    ),
    "critique-rojas-2023": paper(
        (
            "R. Rojas, Reducing cartel recruitment and upholding the rule of law is the only way "
            "to reduce violence in Mexico, arXiv 2310.05975"
        ),
        2023,
        link="arXiv:2310.05975",
        note=SUMMARY_SEEN,
    ),
    "spending-2025": paper(
        (
            "R. Prieto-Curiel, D. Grass, S. Wrzaczek, G. M. Campedelli, G. Tragler, G. "
            "Feichtinger, Reducing Cartel Violence: The Mexican Dilemma Between Social and "
            "Security Spending, arXiv 2508.06509"
        ),
        2025,
        link="arXiv:2508.06509",
    ),
    "participation-code": paper(
        (
            "R. Prieto-Curiel, public code on participation in cartels (pay against wages, social "
            "programmes and risk; a forced share)"
        ),
        2025,
        note="No paper found.",
    ),
    "retaliation-code": paper(
        "R. Prieto-Curiel, public code on shocks and retaliation between two equal groups",
        2025,
        note="No paper found.",
    ),
    "incarceration-code": paper(
        "R. Prieto-Curiel, public code on age cohorts, incarceration and rehabilitation",
        2025,
        note="No paper found.",
    ),
    # Leaders, soldiers, rivals.
    "calderon-2015": paper(
        (
            "G. Calderón, G. Robles, A. Díaz-Cayeros, B. Magaloni, The Beheading of Criminal "
            "Organizations and the Dynamics of Violence in Mexico, Journal of Conflict "
            "Resolution 59(8):1455-1485"
        ),
        2015,
        note=SUMMARY_SEEN,
    ),
    "lindo-2018": paper(
        (
            "J. Lindo, M. Padilla-Romo, Kingpin approaches to fighting crime and community "
            "violence: Evidence from Mexico's drug war, Journal of Health Economics 58:253-268"
        ),
        2018,
        note=SUMMARY_SEEN,
    ),
    "dickenson-2014": paper(
        (
            "M. Dickenson, The Impact of Leadership Removal on Mexican Drug Trafficking "
            "Organizations, Journal of Quantitative Criminology 30:651-676"
        ),
        2014,
        note=SUMMARY_SEEN,
    ),
    "phillips-2015": paper(
        (
            "B. J. Phillips, How Does Leadership Decapitation Affect Violence? The Case of Drug "
            "Trafficking Organizations in Mexico, Journal of Politics 77(2)"
        ),
        2015,
        note=FROM_MEMORY,
    ),
    "espinosa-2015": paper(
        (
            "V. Espinosa, D. B. Rubin, Did the Military Interventions in the Mexican Drug War "
            "Increase Violence?, The American Statistician 69(1)"
        ),
        2015,
        note=SUMMARY_SEEN,
    ),
    "osorio-2015": paper(
        (
            "J. Osorio, The Contagion of Drug Violence: Spatiotemporal Dynamics of the Mexican "
            "War on Drugs, Journal of Conflict Resolution 59(8):1403-1432"
        ),
        2015,
        note=SUMMARY_SEEN,
    ),
    "trejo-2016": paper(
        "G. Trejo, S. Ley, on federalism, drugs and violence, Política y gobierno 23(1)",
        2016,
        note=SUMMARY_SEEN,
    ),
    "trejo-2018": paper(
        (
            "G. Trejo, S. Ley, Why Did Drug Cartels Go to War in Mexico? Subnational Party "
            "Alternation, the Breakdown of Criminal Protection, and the Onset of Large-Scale "
            "Violence, Comparative Political Studies 51(7)"
        ),
        2018,
        note=SUMMARY_SEEN,
    ),
    "rios-2015": paper(
        (
            "V. Ríos, on government coordination and local cocaine markets, Journal of "
            "Conflict Resolution 59(8)"
        ),
        2015,
        note=SUMMARY_SEEN,
    ),
    "zachary-2014": paper(
        (
            "P. Zachary, W. Spaniel, on incumbency and the knowledge of who can "
            "be bribed, working paper"
        ),
        2014,
        note=SUMMARY_SEEN,
    ),
    "lessing-2015": paper(
        (
            "B. Lessing, Logics of Violence in Criminal War, Journal of Conflict "
            "Resolution 59(8):1486-1516"
        ),
        2015,
        note=SUMMARY_SEEN,
    ),
    "castillo-kronick-2020": paper(
        (
            "J. C. Castillo, D. Kronick, The Logic of Violence in Drug War, American "
            "Political Science Review 114(3)"
        ),
        2020,
    ),
    "espinal-2015": paper(
        (
            "J. Espinal-Enríquez, H. Larralde, PLoS ONE 10(5):e0126503, on correlations "
            "of deaths between cities"
        ),
        2015,
        note=SUMMARY_SEEN,
    ),
    # Trade, corridors, money.
    "dell-2015": paper(
        (
            "M. Dell, Trafficking Networks and the Mexican Drug War, American Economic "
            "Review 105(6):1738-1779"
        ),
        2015,
        note="Magnitudes are from memory of the paper and were not checked in the original.",
    ),
    "castillo-2020": paper(
        (
            "J. C. Castillo, D. Mejía, P. Restrepo, Scarcity without Leviathan: The Violent "
            "Effects of Cocaine Supply Shortages in the Mexican Drug War, Review of "
            "Economics and Statistics 102(2)"
        ),
        2020,
        note="Numbers are those of the version of 2018.",
    ),
    "narcologic-2019": paper(
        (
            "N. R. Magliocca et al., Modeling cocaine traffickers and counterdrug interdiction "
            "forces as a complex adaptive system, PNAS 116(16):7784-7792"
        ),
        2019,
    ),
    "magliocca-2022": paper(
        (
            "N. R. Magliocca, A. N. Price, P. C. Mitchell, K. M. Curtin, M. Hudnall, K. "
            "McSweeney, Coupling agent-based simulation and spatial optimization models to "
            "understand spatially complex and co-evolutionary behavior of cocaine trafficking "
            "networks and counterdrug interdiction, IISE Transactions 56(3):282-295"
        ),
        2022,
        note=SUMMARY_SEEN,
    ),
    "rand-2010": paper(
        (
            "B. Kilmer, J. P. Caulkins, B. M. Bond, P. H. Reuter, Reducing Drug Trafficking "
            "Revenues and Violence in Mexico, RAND Corporation OP-325"
        ),
        2010,
        note="The revenue of 6 to 7 billion US dollars a year is from memory.",
    ),
    "bulk-cash-us": press(
        (
            "US estimates of money moved to Mexico (19 to 29 billion US dollars a year, disputed "
            "by Mexico) and bulk cash seized 2002-2014 (above 500 million), in press reports"
        ),
        2014,
    ),
    "deposit-limit-2010": press(
        (
            "Mexican limit of 2010 on deposits in US dollars and the fall of cash repatriated by "
            "banks, in press reports"
        ),
        2010,
    ),
    "unodc-prices": dataset(
        (
            "UNODC, World Drug Report 2009 and 2025, US retail prices to 2020 (annex 8.3) "
            "and seizures (annex 7.1)"
        ),
        2020,
    ),
    "incsr-2010": official(
        (
            "US Department of State, International Narcotics Control Strategy Report, crops "
            "and eradication in Mexico"
        ),
        2010,
    ),
    "cultivation-map": dataset(
        (
            "Municipalities that grow poppy or marijuana, from a public interactive map of "
            "the drug war (D. Valle)"
        ),
        2014,
        note="Its unit and year are not documented: only shares between states are used.",
    ),
    "container-ports": press(
        "Containers handled by port, CEPAL and SCT figures in press reports", 2019
    ),
    # Police, corruption, vetting.
    "dal-bo-2006": paper(
        (
            "E. Dal Bó, P. Dal Bó, R. Di Tella, Plata o Plomo?: Bribe and Punishment in a Theory "
            "of Political Influence, American Political Science Review 100(1):41-53"
        ),
        2006,
        note="A theory: it gives the direction of effects and no calibrated number.",
    ),
    "hammond-2000": paper(
        (
            "R. A. Hammond, Endogenous Transition Dynamics in Corruption, "
            "Brookings CSED working paper 19"
        ),
        2000,
        note=SUMMARY_SEEN,
    ),
    "stephenson-2020": paper(
        (
            "M. C. Stephenson, Corruption as a Self-Reinforcing Trap, World Bank "
            "Research Observer 35(2)"
        ),
        2020,
        note=SUMMARY_SEEN,
    ),
    "vetting-official": press(
        (
            "SESNSP and federal releases on confidence tests of police (control de confianza), "
            "2010-2018: evaluated, failed, still serving after failing"
        ),
        2018,
        note="Seen in press reports of the releases. Bases differ from release to release.",
    ),
    "vetting-states": press(
        "Shares of officers who did not pass, by state, SESNSP figures in press reports",
        2019,
        note="Mostly the worst and the best states.",
    ),
    "police-strength": press(
        "Number of police by state and corps, SESNSP and INEGI figures in press reports",
        2019,
        note="Three definitions.",
    ),
    "police-killed": press(
        "Police killed by year, counts of a civic organisation (Causa en Común) in press reports",
        2020,
    ),
    # Army and troops.
    "military-operations": dataset(
        "Start of joint military operations 2005-2010 by state, public compilation (D. Valle)", 2010
    ),
    "army-deployed": official(
        (
            "SEDENA and the federal audit office (ASF), soldiers deployed and killed in "
            "operations against crime"
        ),
        2016,
    ),
    "sedena-clashes": official(
        (
            "SEDENA, answers to information requests: clashes of the army with presumed criminals "
            "2007-2020, as published by Intersecta"
        ),
        2020,
        note="The army's own account; navy, National Guard and police are not in it.",
    ),
    "ppd-2011": dataset(
        (
            "PPD-CIDE, official records of confrontations and aggressions, December 2006 to "
            "November 2011 (killed by kind of victim)"
        ),
        2011,
        note="Executions, which are most deaths, are a separate data base and not in it.",
    ),
    "kingpin-events": press(
        "Leaders captured, killed, escaped or extradited 1989-2020, dates from press reports",
        2020,
        note="The well-known ones only.",
    ),
    # Prisons.
    "oadprs-prisons": official(
        "OADPRS, monthly bulletins of the federal prison authority: inmates, capacity, incidents",
        2020,
    ),
    "oadprs-overcrowding": official(
        (
            "Prison population above capacity by state 2014-2019, federal bulletins in the "
            "indicator system of Sonora"
        ),
        2019,
    ),
    "prison-population-2011": press(
        (
            "Federal figures of December 2011: 230,943 inmates by jurisdiction and legal "
            "state, in press reports"
        ),
        2011,
    ),
    "prison-escapes-press": press(
        (
            "Mass escapes and killings in prisons 2001-2020, last official count with the earlier "
            "ones, in press reports"
        ),
        2020,
        note="Large ones, not a census.",
    ),
    "prison-escapes-total": press(
        (
            "Escapes January 2000 to December 2010: 1,353 persons, 436 of them in Tamaulipas, "
            "official count in press reports"
        ),
        2010,
    ),
    "cndh-prisons-2012": official(
        "CNDH, diagnosis of the supervision of prisons: self-rule by inmates",
        2012,
        note=FROM_MEMORY,
    ),
    "prison-centres-2012": press(
        (
            "Prisons in December 2012: 419 centres, 188,167 places, 237,580 "
            "prisoners, in press reports"
        ),
        2012,
    ),
    "inegi-prisons": press(
        (
            "INEGI, national censuses of the prison system 2016-2020 (prisoners, admissions, "
            "releases, share without a sentence), in press reports"
        ),
        2020,
    ),
    "madtor-2024": paper(
        (
            "D. Manzi, F. Calderoni, JASSS 27(3):3, on the resilience of drug "
            "trafficking organizations"
        ),
        2024,
        link="doi:10.18564/jasss.5430",
    ),
    "proton-oc-2021": paper(
        (
            "F. Calderoni, G. M. Campedelli, A. Szekely, M. Paolucci, G. Andrighetto, Recruitment "
            "into Organized Crime: An Agent-Based Approach Testing the Impact of Different "
            "Policies, Journal of Quantitative Criminology"
        ),
        2021,
        link="doi:10.1007/s10940-020-09489-z",
    ),
    # Vigilantes.
    "phillips-2017": paper(
        (
            "B. J. Phillips, Inequality and the Emergence of Vigilante Organizations: The Case of "
            "Mexican Autodefensas, Comparative Political Studies 50(10):1358-1389"
        ),
        2017,
        note=SUMMARY_SEEN,
    ),
    "osorio-2021": paper(
        (
            "J. Osorio, L. I. Schubiger, M. Weintraub, Legacies of Resistance: Mobilization "
            "Against Organized Crime in Mexico, Comparative Political Studies 54(9):1565-1596"
        ),
        2021,
        note=SUMMARY_SEEN,
    ),
    "dulin-2021": paper(
        (
            "A. Dulin, comparative study of the conditions of vigilantism in "
            "Mexico (collective efficacy)"
        ),
        2021,
        note=SUMMARY_SEEN,
    ),
    "trevizo-2024": paper(
        (
            "D. Trevizo, Latin American Research Review, on patron-funded and "
            "community-sponsored self-defence groups"
        ),
        2024,
        note=SUMMARY_SEEN,
    ),
    "resistance-2022": paper(
        (
            "The limits of resistance to criminal governance, Global Crime, on homicides after "
            "self-defence in Michoacán"
        ),
        2022,
        note=SUMMARY_SEEN,
    ),
    "fuentes-2015": paper(
        (
            "A. Fuentes Díaz, on drug trafficking and community self-defence in "
            "Tierra Caliente, Michoacán"
        ),
        2015,
        note=SUMMARY_SEEN,
    ),
    "moncada-2022": paper(
        (
            "E. Moncada, Resisting Extortion: Victims, Criminals, and States in Latin America, "
            "Cambridge University Press"
        ),
        2022,
        note=FROM_MEMORY,
    ),
    "autodefensas-press": press(
        (
            "Self-defence groups 1995-2014: dates, municipalities, members, "
            "absorption, in press reports"
        ),
        2014,
        note="Fragmentary.",
    ),
    # Contagion, contest, territory, unrest.
    "mohler-2013": paper(
        (
            "G. Mohler, Annals of Applied Statistics 7(3), separating contagion "
            "from correlated background"
        ),
        2013,
        note=SUMMARY_SEEN,
    ),
    "hegemann-2013": paper(
        (
            "R. Hegemann, E. Lewis, A. Bertozzi, Security Informatics 2:1, on rivalries "
            "with unknown attackers"
        ),
        2013,
        note=SUMMARY_SEEN,
    ),
    "reinhart-2018": paper(
        (
            "A. Reinhart, A Review of Self-Exciting Spatio-Temporal Point Processes and Their "
            "Applications, Statistical Science"
        ),
        2018,
    ),
    "brantingham-2012": paper(
        (
            "P. J. Brantingham, G. Tita, M. Short, S. Reid, The Ecology of Gang Territorial "
            "Boundaries, Criminology 50(3)"
        ),
        2012,
        note=FROM_MEMORY,
    ),
    "short-2008": paper(
        (
            "M. B. Short et al., A Statistical Model of Criminal Behavior, Mathematical Models "
            "and Methods in Applied Sciences 18"
        ),
        2008,
        note=FROM_MEMORY,
    ),
    "smith-2012": paper(
        "L. Smith, A. Bertozzi, P. J. Brantingham, G. Tita, M. Valasik, DCDS, on gang territory",
        2012,
        note=FROM_MEMORY,
    ),
    "tullock-1980": paper(
        (
            "G. Tullock, Efficient Rent Seeking, in Toward a Theory of the Rent-Seeking "
            "Society: the contest share"
        ),
        1980,
        note=FROM_MEMORY,
    ),
    "lanchester-1916": paper(
        "F. W. Lanchester, Aircraft in Warfare: losses by aimed and by unaimed fire",
        1916,
        note=FROM_MEMORY,
    ),
    "epstein-2002": paper(
        (
            "J. M. Epstein, Modeling civil violence: An agent-based computational approach, PNAS "
            "99(suppl. 3):7243-7250"
        ),
        2002,
    ),
    "views-2024": paper(
        "H. Hegre et al., The 2023/24 ViEWS Prediction Challenge, arXiv 2407.11045",
        2024,
        link="arXiv:2407.11045",
    ),
    # Groups: which, how many, where.
    "bacrim-2020": dataset(
        (
            "BACRIM 2020 (Programa de Política de Drogas and CentroGeo, coding of newspaper "
            "reports): groups, rivalries, alliances"
        ),
        2020,
    ),
    "coscia-2012": dataset(
        (
            "M. Coscia, V. Ríos, Knowing Where and How Criminal Organizations Operate Using Web "
            "Content, CIKM: presence 1990-2010"
        ),
        2012,
    ),
    "presence-2015-2020": dataset(
        "Presence of groups by state 2015-2020 by five sources, Programa de Política de Drogas",
        2020,
        note="They do not agree.",
    ),
    "crisis-group-2020": dataset(
        "International Crisis Group, armed groups named on the web, mid-2009 to late 2020",
        2020,
        note=SUMMARY_SEEN,
    ),
    "groups-government-2019": press(
        "Federal government's count of criminal groups, May 2019, in press reports", 2019
    ),
    "mapping-groups-2015": dataset(
        "Mapping Criminal Organizations, groups active 2007-2015", 2015, note=SUMMARY_SEEN
    ),
    # What is counted.
    "inegi-homicides": official(
        "INEGI, registered deaths by homicide (ICD-10 X85-Y09) by state and month 1990-2020", 2020
    ),
    "inegi-census": official(
        "INEGI, population censuses and counts 1990-2020, with state and municipal boundaries", 2020
    ),
    "conapo-population": official("CONAPO, mid-year population projections by state", 2020),
    "sesnsp-victims": official(
        "SESNSP, victims of crimes of the common jurisdiction by state and month 2015-2020", 2020
    ),
    "ucdp-ged": dataset(
        "UCDP Georeferenced Event Dataset, Mexico 1989-2020, Uppsala University",
        2020,
        note="Counts deaths tied to named groups only.",
    ),
    "rnpdno-missing": official(
        "RNPDNO, national register of missing persons, cases dated 2010-2020",
        2020,
        note="A living register.",
    ),
    "envipe": official(
        "INEGI, ENVIPE household survey: share of crimes that are not reported, 2012-2019",
        2019,
        note="Seen in press reports.",
    ),
    "undetermined-deaths": press(
        (
            "Deaths of undetermined intent beside homicides in Ciudad Juárez "
            "2004-2010, in press reports"
        ),
        2010,
    ),
    "press-threats": press(
        (
            "Killings of and threats against journalists in Mexico, counts of "
            "press-freedom organisations"
        ),
        2020,
        note=FROM_MEMORY,
    ),
    "cmdpdh-displacement": dataset(
        "CMDPDH, episodes of mass internal displacement 2016-2020",
        2020,
        note="Seen in press reports.",
    ),
    "idmc-displacement": dataset(
        "IDMC, persons living in internal displacement in Mexico, December 2019",
        2019,
        note="Seen in press reports.",
    ),
    "displacement-survey": official(
        "INEGI, household survey: moves to avoid crime 2017-2018",
        2018,
        note="Seen in press reports.",
    ),
    "mayors-killed": press(
        "Mayors and candidates killed, counts of a consultancy (Etellekt) in press reports", 2020
    ),
    "national-arrests": dataset(
        "National arrests by year as compiled for the size model of 2023", 2020
    ),
}
"""Every source by id. A mechanism takes one with :func:`tregua.evidence.cite.cite`."""
