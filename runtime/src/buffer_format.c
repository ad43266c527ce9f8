/* Whether a buffer's format (PEP 3118, the module struct) describes a layout.
 *
 * Both formats are written in one canonical way, each scalar as its offset, kind and size: "{0f8:x:8f8:y:}0" stands
 * for "T{d:x:d:y:}", and "0i8" for "q" or, where a long has 64 bits, "l". What cannot be written so fits nothing. */
#include "pyfreeze_array.h"
#include <string.h>

typedef struct Reader {
    const char *at;
    Py_ssize_t offset, alignment; /* the largest so far */
    int is_native;                /* sizes and alignment of the machine; else standard ones, not aligned */
    char *out;
} Reader;

typedef struct Scalar {
    char code, kind;
    Py_ssize_t native, alignment, standard; /* sizes; standard 0: native only */
} Scalar;

#define ROW(code, kind, type, standard) {code, kind, sizeof(type), _Alignof(type), standard}
static const Scalar scalars[] = {
    ROW('b', 'i', signed char, 1),   ROW('B', 'u', unsigned char, 1),
    ROW('h', 'i', short, 2),         ROW('H', 'u', unsigned short, 2),
    ROW('i', 'i', int, 4),           ROW('I', 'u', unsigned int, 4),
    ROW('l', 'i', long, 4),          ROW('L', 'u', unsigned long, 4),
    ROW('q', 'i', long long, 8),     ROW('Q', 'u', unsigned long long, 8),
    ROW('n', 'i', Py_ssize_t, 0),    ROW('N', 'u', size_t, 0),
    ROW('f', 'f', float, 4),         ROW('d', 'f', double, 8),
    ROW('?', 'b', _Bool, 1),
};

static void align(Reader *reader, Py_ssize_t alignment)
{
    if (!reader->is_native)
        return;
    reader->offset += (alignment - reader->offset % alignment) % alignment;
    if (alignment > reader->alignment)
        reader->alignment = alignment;
}

static int read_order(Reader *reader)
{
    for (; *reader->at != 0 && strchr("@=<>!^", *reader->at) != NULL; reader->at++) {
        int is_big = *reader->at == '>' || *reader->at == '!';
        if (*reader->at == '^' || (*reader->at == '<' && PY_BIG_ENDIAN) || (is_big && PY_LITTLE_ENDIAN))
            return 0;
        reader->is_native = *reader->at == '@';
    }
    return 1;
}

static Py_ssize_t read_count(Reader *reader) /* -1 if there is none */
{
    Py_ssize_t count = -1;
    for (; *reader->at >= '0' && *reader->at <= '9' && count < 100000000; reader->at++)
        count = (count < 0 ? 0 : count * 10) + (*reader->at - '0');
    return count;
}

static void read_name(Reader *reader)
{
    if (*reader->at != ':')
        return;
    do
        *reader->out++ = *reader->at++;
    while (*reader->at != 0 && *reader->at != ':');
    if (*reader->at == ':')
        *reader->out++ = *reader->at++;
}

static int read_scalar(Reader *reader)
{
    for (size_t row = 0; row < sizeof scalars / sizeof *scalars; row++) {
        const Scalar *scalar = &scalars[row];
        Py_ssize_t size = reader->is_native ? scalar->native : scalar->standard;
        if (scalar->code != *reader->at || size == 0)
            continue;
        reader->at++;
        align(reader, scalar->alignment);
        reader->out += PyOS_snprintf(reader->out, 32, "%zd%c%zd", reader->offset, scalar->kind, size);
        reader->offset += size;
        return 1;
    }
    return 0;
}

static int read_items(Reader *reader, char end, int depth);

/* T{...}: the offsets inside count from its start, which is written last: its alignment is known at its end only. */
static int read_struct(Reader *reader, int depth)
{
    if (reader->at[1] != '{' || depth > 50)
        return 0;
    Reader inner = {reader->at + 2, 0, 1, reader->is_native, reader->out};
    *inner.out++ = '{';
    if (!read_items(&inner, '}', depth + 1))
        return 0;
    align(&inner, inner.alignment);
    align(reader, inner.alignment);
    reader->out = inner.out + PyOS_snprintf(inner.out, 32, "}%zd", reader->offset);
    reader->offset += inner.offset;
    reader->is_native = inner.is_native;
    reader->at = inner.at + 1;
    return 1;
}

static int read_items(Reader *reader, char end, int depth)
{
    while (*reader->at != end) {
        if (!read_order(reader))
            return 0;
        Py_ssize_t count = read_count(reader);
        if (*reader->at == 'x') {
            reader->offset += count < 0 ? 1 : count;
            reader->at++;
            continue;
        }
        if ((count >= 0 && count != 1) || *reader->at == 0)
            return 0;
        if (!(*reader->at == 'T' ? read_struct(reader, depth) : read_scalar(reader)))
            return 0;
        read_name(reader);
    }
    *reader->out = 0;
    return 1;
}

static char *canonical(const char *format)
{
    size_t length = strlen(format);
    char *text = length > 100000 ? NULL : PyMem_Malloc(32 * length + 64);
    Reader reader = {format, 0, 1, 1, text};
    if (text != NULL && !read_items(&reader, 0, 0)) {
        PyMem_Free(text);
        text = NULL;
    }
    return text;
}

int pf_format_fits(const char *format, Py_ssize_t item_size, const PfLayout *layout)
{
    if (item_size != layout->size)
        return 0;
    if (strcmp(format, layout->format) == 0)
        return 1;
    char *one = canonical(format), *other = canonical(layout->format);
    int fits = one != NULL && other != NULL && strcmp(one, other) == 0;
    PyMem_Free(one);
    PyMem_Free(other);
    return fits;
}
