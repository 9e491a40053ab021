"""Official files as they are published, made up for tests: INEGI's export and SESNSP's file."""

from tregua.countries.mexico.readers import MONTHS

STATES = {
    "01": "Aguascalientes",
    "05": "Coahuila de Zaragoza",
    "15": "México",
    "30": "Veracruz de Ignacio de la Llave",
}
GED = (
    "id,year,type_of_violence,dyad_name,adm_1,latitude,longitude,date_start,date_end,best,high,"
    "low,deaths_civilians,country"
)


def quoted(*cells):
    return ",".join(f'"{cell}"' for cell in cells)


def inegi(year=2021, national=None, total=None, name=None, negative=False):
    """The layout of INEGI's export: a preamble, a national row, states with a formula for a code,
    municipalities, deaths abroad, a source.
    """
    counts = {code: [100 * (i + 1) + month for month in range(12)] for i, code in enumerate(STATES)}
    if negative:
        counts["15"][3] = -1
    every = sum(map(sum, counts.values())) + 2
    lines = [
        quoted("Defunciones por homicidios"),
        quoted(f"Año de registro : {year}"),
        quoted(
            "Consulta de: Defunciones por homicidio   Por: Ent y mun de ocurrencia   "
            "Según: Mes de registro"
        ),
        quoted("", "", "Total", *MONTHS, ""),
    ]
    months = [sum(counts[code][m] for code in STATES) + (2 if m == 0 else 0) for m in range(12)]
    lines.append(
        quoted(
            " ",
            "Total",
            f"{every:,}" if national is None else f"{national:,}",
            *(months if national is None else [national, *[""] * 11]),
        )
    )
    for code, label in STATES.items():
        stated = sum(counts[code]) if total is None or code != "05" else total
        lines.append(
            quoted(
                f"=CONCATENAR(0,{code}) ",
                name if name and code == "05" else label,
                f"{stated:,}",
                *counts[code],
            )
        )
        lines.append(quoted(f" {code} 001 ", "A municipality", "1", "1", *[""] * 11))
    lines.append(quoted("=CONCATENAR( ,33) ", "Extranjero", "2", "2", *[""] * 11))
    return "\n".join([*lines, "", quoted("FUENTE: INEGI. Estadísticas de mortalidad.")])


def sesnsp(
    rows,
    head=(
        "Año,Clave_Ent,Entidad,Bien jurídico afectado,Tipo de delito,Subtipo de "
        "delito,Modalidad,Sexo,Rango de edad"
    ),
):
    return "\n".join([f"{head},{','.join(MONTHS)}", *(",".join(map(str, row)) for row in rows)])


def crime(year, code, state, kind, under, how, *months, sex="Hombre"):
    return [
        year,
        code,
        state,
        "La vida y la Integridad corporal",
        kind,
        under,
        how,
        sex,
        "Adultos (18 y más)",
        *months,
    ]
