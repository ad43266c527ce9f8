"""LLVM functions of framed functions that answer without a call where they can, and otherwise say that they cannot.

To be formatted with symbols and the runtime's `layout()`.
"""

TRUTH = """define internal i32 @truth_of(ptr %object) alwaysinline {{
%yes = icmp eq ptr %object, {yes}
%no = icmp eq ptr %object, {no}
%known = or i1 %yes, %no
%truth = zext i1 %yes to i32
%answer = select i1 %known, i32 %truth, i32 -2
ret i32 %answer
}}"""

NEXT = """define internal ptr @next_of_list(ptr %iterator) alwaysinline {{
%type_p = getelementptr i8, ptr %iterator, i64 {type}
%type = load ptr, ptr %type_p
%is_list = icmp eq ptr %type, {iterators}
br i1 %is_list, label %lists, label %none, !prof !2
lists:
%list_p = getelementptr i8, ptr %iterator, i64 {list}
%list = load ptr, ptr %list_p
%ended = icmp eq ptr %list, null
br i1 %ended, label %none, label %there, !prof !1
there:
%index_p = getelementptr i8, ptr %iterator, i64 {index}
%index = load i64, ptr %index_p
%size_p = getelementptr i8, ptr %list, i64 {var_size}
%size = load i64, ptr %size_p
%inside = icmp ult i64 %index, %size
br i1 %inside, label %found, label %none, !prof !2
found:
%items_p = getelementptr i8, ptr %list, i64 {list_items}
%items = load ptr, ptr %items_p
%item_p = getelementptr ptr, ptr %items, i64 %index
%item = load ptr, ptr %item_p
%further = add i64 %index, 1
store i64 %further, ptr %index_p
call void {incref}(ptr %item)
ret ptr %item
none:
ret ptr null
}}"""

_IS_LIST = """%type_p = getelementptr i8, ptr %container, i64 {type}
%type = load ptr, ptr %type_p
%is_list = icmp eq ptr %type, {lists}
"""

_PLACE = """list:
%size_p = getelementptr i8, ptr %container, i64 {var_size}
%size = load i64, ptr %size_p
%direct = icmp ult i64 %place, %size
br i1 %direct, label %found, label %behind, !prof !2
behind:
%from_end = add i64 %place, %size
%inside = icmp ult i64 %from_end, %size
br i1 %inside, label %found, label %none
found:
%at = phi i64 [%place, %list], [%from_end, %behind]
%items_p = getelementptr i8, ptr %container, i64 {list_items}
%items = load ptr, ptr %items_p
%item_p = getelementptr ptr, ptr %items, i64 %at
"""
"""Of a list: `%item_p` for index `%place`, or on to `none`."""

ITEM_AT = (
    """define internal ptr @item_at(ptr %container, i64 %place) alwaysinline {{
"""
    + _IS_LIST
    + """br i1 %is_list, label %list, label %other
"""
    + _PLACE
    + """%item = load ptr, ptr %item_p
call void {incref}(ptr %item)
ret ptr %item
other:
%asked = call ptr {slot}(ptr %container, i64 %place)
ret ptr %asked
none:
ret ptr null
}}"""
)

SET_ITEM_AT = (
    """define internal ptr @set_item_at(ptr %container, i64 %place, ptr %value) alwaysinline {{
"""
    + _IS_LIST
    + """br i1 %is_list, label %list, label %none, !prof !2
"""
    + _PLACE
    + """%old = load ptr, ptr %item_p
call void {incref}(ptr %value)
store ptr %value, ptr %item_p
ret ptr %old
none:
ret ptr null
}}"""
)
"""Gives what was there before, with its reference; NULL if it is no list with that place."""

TRUTH_AT = (
    """define internal i32 @truth_at(ptr %container, i64 %place) alwaysinline {{
"""
    + _IS_LIST
    + """br i1 %is_list, label %list, label %none, !prof !2
"""
    + _PLACE
    + """%item = load ptr, ptr %item_p
%answer = call i32 @truth_of(ptr %item)
ret i32 %answer
none:
ret i32 -2
}}"""
)
